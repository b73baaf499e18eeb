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

server=
finish() {
    if [ -n "$server" ]; then
        # kc.sh waits for java, which is what has to end.
        local ids
        ids="$server $(ps -o pid= --ppid "$server" | tr '\n' ' ')"
        # shellcheck disable=SC2086
        kill $ids 2>/dev/null || true
        for id in $ids; do
            for _ in $(seq 50); do kill -0 "$id" 2>/dev/null || break; sleep 0.2; done
            kill -9 "$id" 2>/dev/null || true
        done
    fi
    [ -z "$run" ] || rm -rf "$run"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# Links, not copies: what the server writes are new files.
run=$(mktemp -d "$cache/run-XXXXXX")
cp -rl "$kept/." "$run/"
mkdir -p "$run/data/import"
cp "$here/keycloak-realm.json" "$run/data/import/kctest-realm.json"
port=${MFACTL_LIVE_PORT:-$((20000 + RANDOM % 20000))}
url=http://127.0.0.1:$port
export KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD=admin
export JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1
"$run/bin/kc.sh" start --optimized --cache=local --http-enabled=true --hostname-strict=false --http-host=127.0.0.1 \
    --http-port="$port" --import-realm ${MFACTL_LIVE_OPTIONS:-} >"$run/kc.log" 2>&1 &
server=$!
for _ in $(seq 900); do
    curl -sf -o /dev/null "$url/realms/kctest" && break
    kill -0 "$server" 2>/dev/null || { tail -n 30 "$run/kc.log" >&2; exit 1; }
    sleep 0.2
done
curl -sf -o /dev/null "$url/realms/kctest" || { echo "Keycloak does not answer" >&2; tail -n 30 "$run/kc.log" >&2; exit 1; }
MFACTL_LIVE_KEYCLOAK=$url "$@" || { code=$?; echo "the last lines of the server:" >&2; tail -n 15 "$run/kc.log" >&2; exit "$code"; }
