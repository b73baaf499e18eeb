#!/bin/sh
# Installs PostgreSQL's programs where a Debian or Ubuntu lacks them, for the tests in this folder. No server is set up.
set -eu
for folder in /usr/lib/postgresql/*/bin /usr/local/bin /usr/bin; do
    if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && [ -x "$folder/pg_isready" ]; then
        exit 0
    fi
done
[ "$(id -u)" = 0 ] || { echo "install the package postgresql: this needs root" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet
apt-get install --quiet --yes --no-install-recommends postgresql
