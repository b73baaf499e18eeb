#!/usr/bin/env bash
# A privacyIDEA of one's own for the tests: `tests/live/privacyidea.sh COMMAND…` starts it on 127.0.0.1, seeds it, runs the
# command with MFACTL_LIVE_PRIVACYIDEA set to its address, MFACTL_LIVE_FOLDER to the folder of what it sent and
# MFACTL_LIVE_PEOPLE to that of the directory behind it, and ends it by its own process id, also when the command fails.
# It comes from PyPI and is kept outside the checkout.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=3.14
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mfactl-ci/privacyidea
venv=$cache/venv-$version-$(sha256sum "$here/privacyidea.txt" | cut -c1-12)
run= memory= server= mail=

missing() {
    for program in python3 curl; do command -v "$program" >/dev/null || return 0; done
    python3 -c 'import venv, ensurepip' 2>/dev/null || return 0
    return 1
}

if missing; then
    [ "$(id -u)" = 0 ] || { echo "install python3 (3.10 or newer) with venv, and curl: this needs root" >&2; exit 1; }
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet
    apt-get install --quiet --yes --no-install-recommends python3 python3-venv curl
fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ ! -e "$venv/.whole" ]; then
    echo "fetching privacyIDEA $version, once" >&2
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/privacyidea.txt"
    touch "$venv/.whole"
fi

config() { # config FOLDER DATABASE
    cat <<CONFIG
SQLALCHEMY_DATABASE_URI = 'sqlite:///$2/pi.sqlite'
SUPERUSER_REALM = ['desk', 'shift']
SECRET_KEY = 'for-tests-alone-0123456789abcdef'
PI_PEPPER = 'for-tests-alone'
PI_ENCFILE = '$1/enckey'
PI_AUDIT_KEY_PRIVATE = '$1/private.pem'
PI_AUDIT_KEY_PUBLIC = '$1/public.pem'
PI_AUDIT_NO_SIGN = True
PI_NO_RESPONSE_SIGN = True
PI_LOGFILE = '$1/pi.log'
PI_LOGLEVEL = 30
PI_SCRIPT_SMSPROVIDER_DIRECTORY = '$1/scripts'
CONFIG
}

# Keys, tables and administrators, made by its own commands: once for what they are made of.
admins="admin mfactl reader lister"
keys="mfactl reader"
template=$cache/template-$({ config . .; echo "$admins $keys"; cat "$here/privacyidea.txt"; } | sha256sum | cut -c1-12)
if [ ! -e "$template/.whole" ]; then
    echo "making its tables, once" >&2
    rm -rf "$cache"/template-*
    mkdir -p "$template"
    config "$template" "$template" >"$template/pi.cfg"
    manage() {
        PRIVACYIDEA_CONFIGFILE=$template/pi.cfg "$venv/bin/pi-manage" "$@" >>"$template/manage.log" 2>&1 ||
            { tail -n 20 "$template/manage.log" >&2; exit 1; }
    }
    manage setup create_enckey
    manage setup create_audit_keys
    manage setup create_tables
    for name in $admins; do manage admin add "$name" -p "$name-password"; done
    for name in $keys; do
        PRIVACYIDEA_CONFIGFILE=$template/pi.cfg "$venv/bin/pi-manage" api createtoken -r admin -u "$name" -d 3650 \
            2>>"$template/manage.log" | sed -n 's/^Auth-Token: *//p' >"$template/token-$name"
        [ -s "$template/token-$name" ] || { tail -n 20 "$template/manage.log" >&2; exit 1; }
    done
    touch "$template/.whole"
fi
flock -u 9
exec 9>&-

end() { # end PROCESS, with those that it started
    local ids
    # Without any of its own, ps says no.
    ids="$1 $(ps -o pid= --ppid "$1" | tr '\n' ' ' || true)"
    kill "$1" 2>/dev/null || true
    for id in $ids; do
        for _ in $(seq 50); do kill -0 "$id" 2>/dev/null || break; sleep 0.2; done
        kill -9 "$id" 2>/dev/null || true
    done
}
finish() {
    [ -z "$server" ] || end "$server"
    [ -z "$mail" ] || end "$mail"
    [ -z "$run" ] || rm -rf "$run"
    [ -z "$memory" ] || rm -rf "$memory"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

run=$(mktemp -d "$cache/run-XXXXXX")
# In memory where there is some: SQLite syncs several times a request.
memory=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "$cache")/mfactl-pi-XXXXXX")
cp "$template"/{enckey,private.pem,public.pem,token-*} "$run/"
cp "$template/pi.sqlite" "$memory/"
config "$run" "$memory" >"$run/pi.cfg"
mkdir "$run/scripts" "$run/sms" "$run/mail"
cat >"$run/scripts/keep.sh" <<SCRIPT
#!/bin/sh
cat >"$run/sms/.\$1" && mv "$run/sms/.\$1" "$run/sms/\$1"
SCRIPT
chmod +x "$run/scripts/keep.sh"
cat >"$run/wsgi.py" <<WSGI
from privacyidea.app import create_app
application = create_app(config_name="production", config_file="$run/pi.cfg", silent=True)
WSGI

port=${MFACTL_LIVE_PORT:-$((20000 + RANDOM % 10000))}
"$venv/bin/python" "$here/mail.py" "$run/mail" >"$run/mail.log" 2>&1 &
mail=$!
"$venv/bin/gunicorn" --workers 2 --threads 4 --graceful-timeout 2 --bind "127.0.0.1:$port" --chdir "$run" wsgi:application >"$run/server.log" 2>&1 &
server=$!
url=http://127.0.0.1:$port
for _ in $(seq 600); do
    curl -sf -o /dev/null "$url/healthz/readyz" && break
    kill -0 "$server" 2>/dev/null || { tail -n 30 "$run/server.log" >&2; exit 1; }
    sleep 0.2
done
[ -s "$run/mail.port" ] || { cat "$run/mail.log" >&2; exit 1; }
"$venv/bin/python" "$here/privacyidea-seed.py" "$url" "$memory" "$(cat "$run/mail.port")" ||
    { tail -n 30 "$run/server.log" "$run/pi.log" >&2; exit 1; }
MFACTL_LIVE_PRIVACYIDEA=$url MFACTL_LIVE_FOLDER=$run MFACTL_LIVE_PEOPLE=$memory "$@" ||
    { code=$?; echo "the last lines of the server:" >&2; tail -n 15 "$run/pi.log" >&2; exit "$code"; }
