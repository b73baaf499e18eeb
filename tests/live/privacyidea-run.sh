#!/usr/bin/env bash
# Runs the program against a real privacyIDEA, and the conformance cases of all services too. Holds the number of cases that
# ran against the number that is written here, and those of the list against theirs: a suite that shrinks, or runs nothing,
# is not green.
set -euo pipefail
cd "$(dirname "$0")/../.."
cases=48
# Built before the server is up, so that it waits for nobody.
cargo test --lib --test live-privacyidea --quiet --no-run
log=$(mktemp)
trap 'rm -f "$log"' EXIT
all() {
    cargo test --test live-privacyidea --quiet -- --nocapture
    cargo test --lib --quiet -- services::conformance::live::privacyidea --ignored --exact --nocapture
}
export -f all
tests/live/privacyidea.sh bash -ec all 2>&1 | tee "$log"
ran=$(sed -n 's/^test result: ok\. \([0-9]*\) passed; 0 failed; 0 ignored.*/\1/p' "$log" | head -n 1)
echo "$ran of $cases cases ran on privacyIDEA"
[ "$ran" = "$cases" ] || { echo "expected $cases cases"; exit 1; }
tests/live/conformance.sh privacyidea "$log"
