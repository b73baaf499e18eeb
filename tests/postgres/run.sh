#!/usr/bin/env bash
# Runs the tests of shared jobs and holds the number of cases that ran against the number that is written here: a suite
# that shrinks, or runs nothing, is not green.
set -euo pipefail
cd "$(dirname "$0")/../.."
cases=41
sh tests/postgres/install.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cargo test --test postgres --quiet -- --nocapture 2>&1 | tee "$log"
ran=$(sed -n 's/^test result: ok\. \([0-9]*\) passed; 0 failed; 0 ignored.*/\1/p' "$log")
echo "$ran of $cases cases ran on PostgreSQL"
[ "$ran" = "$cases" ] || { echo "expected $cases cases"; exit 1; }
