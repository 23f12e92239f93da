#!/usr/bin/env bash
# The deploy job that teams write by hand, as the reference application had it: transcribed step by step, with its faults.
# What each fault costs is what the benchmark shows, so none is mended here; the tests job before it is left out on both sides.
#   VPS_USER VPS_ADDRESS VPS_PORT VPS_KEY_FILE VPS_KNOWN_HOSTS   the server     DEPLOY_PATH   the live directory
#   SOURCE   the checkout's deploy-backend                HEALTH_URL
set -uo pipefail
compose=docker-compose.production.yml
# The original turns host key checking off; it makes no difference to the clock.
options=(-F none -i "$VPS_KEY_FILE" -p "$VPS_PORT" -o StrictHostKeyChecking=yes -o "UserKnownHostsFile=$VPS_KNOWN_HOSTS")
# shellcheck disable=SC2029  # expands here on purpose
server() { ssh "${options[@]}" "$VPS_USER@$VPS_ADDRESS" "$@"; }

echo "test the connection"
server "echo connected" || exit 1

echo "back up the database"
# A dump that fails leaves an empty file behind, and counts as one of the five.
server "cd '$DEPLOY_PATH' && mkdir -p backups
  if docker ps | grep -q crm-postgres; then
    docker exec crm-postgres pg_dump -U crm_user crm_whatsapp_saas > backups/pre-deploy-\$(date +%Y%m%d-%H%M%S).sql 2>/dev/null || true
    ls -t backups/pre-deploy-*.sql | tail -n +6 | xargs -r rm
  fi
  docker tag crm-backend:latest crm-backend:rollback 2>/dev/null || true"

echo "send the source"
rsync -az -e "ssh ${options[*]}" \
  --exclude node_modules --exclude dist --exclude .env --exclude '.env.*' --exclude coverage --exclude backups --exclude certbot \
  --exclude '*.test.ts' --exclude src/test --exclude logs --exclude uploads \
  "$SOURCE/" "$VPS_USER@$VPS_ADDRESS:$DEPLOY_PATH/" || exit 1

echo "build, stop, start"
# Between stop and start nothing serves; the ten seconds are a guess at how long the application boots.
server "cd '$DEPLOY_PATH' && docker compose -f $compose build backend &&
  { docker compose -f $compose stop backend; docker compose -f $compose rm -f backend; docker compose -f $compose up -d --no-deps backend; } &&
  sleep 10" || exit 1

# It looks for name:tag in a table that prints the two in columns of their own: before Docker 29 nothing ever matches.
roll_back() {
  server "cd '$DEPLOY_PATH' && if docker images | grep -q crm-backend:rollback; then
      docker tag crm-backend:rollback crm-backend:latest
      docker compose -f $compose stop backend; docker compose -f $compose rm -f backend; docker compose -f $compose up -d --no-deps backend
    else echo 'nothing to roll back to'; fi"
}

echo "migrate"
# The new code has been serving for ten seconds by now, on the old schema.
if ! server "cd '$DEPLOY_PATH' && docker compose -f $compose exec -T backend npx prisma migrate deploy"; then
  roll_back
  exit 1
fi

echo "ask the health"
# The original has no --max-time; with one it ends, so that its total can be told.
for attempt in $(seq 1 "${ATTEMPTS:-30}"); do
  if curl -sf --max-time 5 "$HEALTH_URL"; then
    server "docker rmi crm-backend:rollback 2>/dev/null || true"
    exit 0
  fi
  echo "attempt $attempt failed"
  sleep 5
done
server "docker logs --tail 50 crm-backend"
roll_back
exit 1
