#!/usr/bin/env bash
# Runs the program against a real Keycloak, and the conformance cases of all services too; then against one that takes
# two requests at once, is killed and comes back. Holds the numbers of cases that ran against those that are written here:
# a suite that shrinks, or runs nothing, is not green.
set -euo pipefail
cd "$(dirname "$0")/../.."
cases=40
faults=5
if ! command -v chromium >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
# Built before a server is up, so that it waits for nobody.
cargo test --lib --test live --quiet --no-run
log=$(mktemp)
trap 'rm -f "$log"' EXIT
all() {
    cargo test --test live --quiet -- --nocapture --skip faults::
    cargo test --lib --quiet -- services::conformance::live::keycloak --ignored --exact --nocapture
}
broken() { cargo test --test live --quiet -- --nocapture --test-threads=1 faults::; }
export -f all broken
tests/live/keycloak.sh bash -ec all 2>&1 | tee "$log"
# What it takes is written at once: a server that is killed has lost nothing that it said yes to.
MFACTL_LIVE_OPTIONS='--http-max-queued-requests=3 --http-pool-max-threads=2 --db-url-properties=;WRITE_DELAY=0' \
    tests/live/keycloak.sh bash -ec broken 2>&1 | tee -a "$log"
mapfile -t ran < <(sed -n 's/^test result: ok\. \([0-9]*\) passed; 0 failed; 0 ignored.*/\1/p' "$log")
echo "${ran[0]:-0} of $cases cases ran on Keycloak, ${ran[2]:-0} of $faults on one that fails"
[ "${ran[0]:-}" = "$cases" ] && [ "${ran[2]:-}" = "$faults" ] || { echo "expected $cases and $faults cases"; exit 1; }
tests/live/conformance.sh keycloak "$log"
