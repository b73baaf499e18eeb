#!/usr/bin/env bash
# Runs the program against a real privacyIDEA and holds the number of cases that ran against the number that is written
# here: a suite that shrinks, or runs nothing, is not green.
set -euo pipefail
cd "$(dirname "$0")/../.."
cases=39
# Built before the server is up, so that it waits for nobody.
cargo test --test live-privacyidea --quiet --no-run
log=$(mktemp)
trap 'rm -f "$log"' EXIT
tests/live/privacyidea.sh cargo test --test live-privacyidea --quiet -- --nocapture 2>&1 | tee "$log"
ran=$(sed -n 's/^test result: ok\. \([0-9]*\) passed; 0 failed; 0 ignored.*/\1/p' "$log")
echo "$ran of $cases cases ran on privacyIDEA"
[ "$ran" = "$cases" ] || { echo "expected $cases cases"; exit 1; }
