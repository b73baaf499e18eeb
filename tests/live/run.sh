#!/usr/bin/env bash
# Runs the program against a real Keycloak, and the conformance cases of all services too, and holds the numbers of cases
# that ran against those that are written here: a suite that shrinks, or runs nothing, is not green.
set -euo pipefail
cd "$(dirname "$0")/../.."
cases=21
# So many cases are in the list of all services; each live server runs every one.
conformance=62
servers=(keycloak)
# Built before a server is up, so that it waits for nobody.
cargo test --lib --test live --quiet --no-run
log=$(mktemp)
trap 'rm -f "$log"' EXIT
all() {
    cargo test --test live --quiet -- --nocapture
    cargo test --lib --quiet -- services::conformance::live::keycloak --ignored --exact --nocapture
}
export -f all
tests/live/keycloak.sh bash -ec all 2>&1 | tee "$log"
ran=$(sed -n 's/^test result: ok\. \([0-9]*\) passed; 0 failed; 0 ignored.*/\1/p' "$log" | head -n 1)
echo "$ran of $cases cases ran on Keycloak"
[ "$ran" = "$cases" ] || { echo "expected $cases cases"; exit 1; }
good=0
for server in "${servers[@]}"; do
    if grep -qx "conformance: $server: $conformance of $conformance cases ran, 0 failed" "$log"; then
        good=$((good + conformance))
    fi
done
expected=$((conformance * ${#servers[@]}))
echo "$good of $expected conformance cases ran on ${servers[*]}: $conformance cases × ${#servers[@]} live services"
[ "$good" = "$expected" ] || { echo "expected $conformance on each; the number is in tests/live/run.sh"; exit 1; }
