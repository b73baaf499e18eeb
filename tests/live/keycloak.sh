#!/usr/bin/env bash
# A Keycloak of one's own for the tests: `tests/live/keycloak.sh COMMAND…` starts it on 127.0.0.1 with the realm beside
# this file, runs the command with MFACTL_LIVE_KEYCLOAK set to its address, and ends it by its own process id, also when
# the command fails. The distribution comes from Maven Central and is kept, built, outside the checkout.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=26.4.2
digest=2a30e4602d63d4501a4a8263bfa4e14cbd5970b4116c618ea28f339b16190233
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mfactl-ci/keycloak
kept=$cache/keycloak-$version
run=

missing() {
    for program in java mvn unzip curl; do command -v "$program" >/dev/null || return 0; done
    return 1
}

if missing; then
    [ "$(id -u)" = 0 ] || { echo "install java 17, maven, unzip and curl: this needs root" >&2; exit 1; }
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet
    apt-get install --quiet --yes --no-install-recommends openjdk-17-jre-headless maven unzip curl
fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ ! -e "$kept/.built" ]; then
    echo "fetching and building Keycloak $version, once" >&2
    artifact=org/keycloak/keycloak-quarkus-dist/$version/keycloak-quarkus-dist-$version.zip
    mvn -q -B -Dmaven.repo.local="$cache/maven" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get \
        -Dartifact=org.keycloak:keycloak-quarkus-dist:$version:zip -Dtransitive=false
    echo "$digest  $cache/maven/$artifact" | sha256sum --check --quiet
    rm -rf "$kept"
    unzip -q "$cache/maven/$artifact" -d "$cache"
    chmod +x "$kept/bin/kc.sh"
    "$kept/bin/kc.sh" build --db=dev-file >"$cache/build.log" 2>&1 || { tail -n 30 "$cache/build.log" >&2; exit 1; }
    touch "$kept/.built"
fi
flock -u 9
exec 9>&-

# Ends the server that runs in $run, java too: it is what kc.sh waits for.
end_server() { # end_server SIGNAL
    local id ids
    [ -e "$run/server.pid" ] || return 0
    id=$(cat "$run/server.pid")
    ids="$id $(ps -o pid= --ppid "$id" | tr '\n' ' ')"
    rm -f "$run/server.pid"
    # shellcheck disable=SC2086
    kill "-$1" $ids 2>/dev/null || true
    for id in $ids; do
        for _ in $(seq 50); do kill -0 "$id" 2>/dev/null || break; sleep 0.2; done
        kill -9 "$id" 2>/dev/null || true
    done
}

# Starts it, and waits until it answers.
start_server() {
    export KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD=admin
    export JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1
    # Whoever is known as still signing in is refused another sign-in, as if the password were wrong; and a sign-in is known
    # as such for some milliseconds more than it takes. The tests sign in faster than that.
    # shellcheck disable=SC2086
    "$run/bin/kc.sh" start --optimized --cache=local --http-enabled=true --hostname-strict=false \
        --http-host=127.0.0.1 --http-port="$port" --https-port="$tls_port" --https-key-store-file="$run/tls.p12" \
        --https-key-store-password=password --import-realm \
        --spi-brute-force-protector--default-brute-force-detector--allow-concurrent-requests=true \
        ${MFACTL_LIVE_OPTIONS:-} >>"$run/kc.log" 2>&1 </dev/null &
    echo $! >"$run/server.pid"
    for _ in $(seq 900); do
        curl -sf -o /dev/null "$url/realms/kctest" && return 0
        kill -0 "$(cat "$run/server.pid")" 2>/dev/null || break
        sleep 0.2
    done
    echo "Keycloak does not answer" >&2
    tail -n 30 "$run/kc.log" >&2
    return 1
}

# `keycloak.sh --kill` and `keycloak.sh --start`, from within the command: the server is killed as a crash would, and
# starts again on the same data and address.
if [ -n "${MFACTL_LIVE_HOME:-}" ]; then
    run=$MFACTL_LIVE_HOME url=$MFACTL_LIVE_KEYCLOAK
    port=${url##*:} tls_port=${MFACTL_LIVE_KEYCLOAK_TLS##*:}
    case "${1:-}" in
    --kill) end_server KILL ;;
    --start) start_server ;;
    *) echo "a server runs already: --kill or --start" >&2; exit 2 ;;
    esac
    exit
fi

finish() {
    [ -n "$run" ] || return 0
    end_server TERM
    rm -rf "$run"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# Links, not copies: what the server writes are new files.
run=$(mktemp -d "$cache/run-XXXXXX")
cp -rl "$kept/." "$run/"
if [ -n "${MFACTL_LIVE_DATA:-}" ]; then
    rm -rf "$run/data"
    mkdir -p "$MFACTL_LIVE_DATA/keycloak"
    ln -s "$MFACTL_LIVE_DATA/keycloak" "$run/data"
fi
mkdir -p "$run/data/import"
cp "$here/keycloak-realm.json" "$run/data/import/kctest-realm.json"
# A certificate that nobody knows.
keytool -genkeypair -alias own -keyalg EC -validity 30 -dname CN=127.0.0.1 -ext san=ip:127.0.0.1 -storetype PKCS12 \
    -keystore "$run/tls.p12" -storepass password -keypass password 2>"$run/keytool.log"
keytool -exportcert -rfc -alias own -keystore "$run/tls.p12" -storepass password >"$run/tls.pem" 2>>"$run/keytool.log"
port=${MFACTL_LIVE_PORT:-$((20000 + RANDOM % 10000))}
tls_port=$((port + 10000))
url=http://127.0.0.1:$port
start_server
export MFACTL_LIVE_HOME=$run MFACTL_LIVE_KEYCLOAK=$url MFACTL_LIVE_KEYCLOAK_TLS=https://127.0.0.1:$tls_port
"$@" || { code=$?; echo "the last lines of the server:" >&2; tail -n 15 "$run/kc.log" >&2; exit "$code"; }
