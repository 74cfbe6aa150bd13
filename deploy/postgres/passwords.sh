#!/bin/sh
# Gives both logins the passwords of deploy/.env. Run by the Postgres image when its volume is new.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --dbname "$POSTGRES_DB" \
    --set app="$SIGNALBOX_APP_PASSWORD" --set owner="$SIGNALBOX_OWNER_PASSWORD" <<'SQL'
ALTER ROLE signalbox_app PASSWORD :'app';
ALTER ROLE signalbox_owner PASSWORD :'owner';
SQL
