#!/usr/bin/env bash
# What a deployment costs at the least by hand: rsync, build, start, until the new version answers. No sleep, no check, no way
# back. With WHOLE=yes the dump and the migration, as belay runs them (in a container of the new image), too.
#   as by-hand.sh, and VERSION: the one that has to answer
set -euo pipefail
compose=docker-compose.production.yml
options=(-F none -i "$VPS_KEY_FILE" -p "$VPS_PORT" -o StrictHostKeyChecking=yes -o "UserKnownHostsFile=$VPS_KNOWN_HOSTS"
  -o ControlMaster=auto -o "ControlPath=$CONTROL/%C" -o ControlPersist=30)
# shellcheck disable=SC2029  # expands here on purpose
server() { ssh "${options[@]}" "$VPS_USER@$VPS_ADDRESS" "$@"; }
if [ "${WHOLE-}" = yes ]; then
  server "cd '$DEPLOY_PATH' && mkdir -p backups && docker exec crm-postgres pg_dump -U crm_user crm_whatsapp_saas >backups/by-hand.sql"
fi
rsync -az --checksum -e "ssh ${options[*]}" --exclude node_modules --exclude .env --exclude backups --exclude .belay \
  "$SOURCE/" "$VPS_USER@$VPS_ADDRESS:$DEPLOY_PATH/"
server "cd '$DEPLOY_PATH' && docker compose -f $compose build -q backend"
if [ "${WHOLE-}" = yes ]; then
  server "cd '$DEPLOY_PATH' && docker compose -f $compose run --rm --no-deps -T backend npx prisma migrate deploy </dev/null"
fi
server "cd '$DEPLOY_PATH' && docker compose -f $compose up -d --no-deps backend"
until curl -sf --max-time 2 "$HEALTH_URL" | grep -qF "\"version\":\"$VERSION\""; do sleep 0.02; done
ssh "${options[@]}" -O exit "$VPS_USER@$VPS_ADDRESS" 2>/dev/null
