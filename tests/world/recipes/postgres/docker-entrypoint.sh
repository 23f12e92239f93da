#!/bin/bash
# On an empty PGDATA: makes the cluster, POSTGRES_USER with POSTGRES_PASSWORD, and POSTGRES_DB, and runs what lies in
# /docker-entrypoint-initdb.d; then, always, PostgreSQL. A subset of the registry image's entrypoint, same names.
set -euo pipefail

[ "${1:0:1}" != - ] || set -- postgres "$@"
[ "${1-}" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" && chmod 0700 "$PGDATA" && chown -R postgres "$PGDATA" /var/run/postgresql
  exec setpriv --reuid postgres --regid postgres --init-groups "${BASH_SOURCE[0]}" "$@"
fi

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}

# Answers on the socket alone, so that nobody takes a half-made database for a ready one.
during_setup() { PGUSER=$user PGPASSWORD=${POSTGRES_PASSWORD-} psql -v ON_ERROR_STOP=1 --no-psqlrc -q "$@"; }

set_up() {
  if [ -z "${POSTGRES_PASSWORD-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD-}" != trust ]; then
    echo "Error: database is uninitialized and superuser password is not specified (POSTGRES_PASSWORD)" >&2
    exit 1
  fi
  initdb --username "$user" --pwfile <(printf '%s\n' "${POSTGRES_PASSWORD-}") --auth-local trust \
    --auth-host "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >/dev/null
  echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start >/dev/null
  if [ "$database" != postgres ]; then
    during_setup -d postgres -v name="$database" <<<'CREATE DATABASE :"name"'
  fi
  local file
  # shellcheck source=/dev/null
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh) . "$file" ;;
      *.sql) during_setup -d "$database" -f "$file" ;;
    esac
  done
  pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
}

[ -s "$PGDATA/PG_VERSION" ] || set_up
exec "$@"
