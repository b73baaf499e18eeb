#!/usr/bin/env bash
# The list of conformance cases on live servers: `tests/live/conformance.sh SERVICE LOG` holds the cases that LOG says ran on
# this service against their number, which is in src/services/conformance/mod.rs alone; `tests/live/conformance.sh all` holds
# those of all live services, as the scripts before wrote them into the file of MFACTL_CONFORMANCE, against cases × services.
# A suite that shrinks, or runs nothing, is not green.
set -euo pipefail
cd "$(dirname "$0")/../.."
# One word for each line of `live!` in src/services/conformance/live/mod.rs.
services=$(sed -n 's/^ *\([a-z]*\) at "MFACTL_LIVE_[A-Z]*" as .*/\1/p' src/services/conformance/live/mod.rs | tr '\n' ' ')
cases=$(sed -n 's/^const CASES: usize = \([0-9]*\);$/\1/p' src/services/conformance/mod.rs)
read -ra services <<<"$services"
[ -n "$cases" ] && [ "${#services[@]}" -ge 2 ] || { echo "the number of cases, or the services, cannot be read"; exit 1; }
expected=$((cases * ${#services[@]}))
if [ "${1:-}" = all ]; then
    sum=0
    for service in "${services[@]}"; do
        ran=$(sed -n "s/^$service \([0-9]*\)$/\1/p" "${MFACTL_CONFORMANCE:?the file that the live suites wrote}" | tail -n 1)
        sum=$((sum + ${ran:-0}))
    done
    echo "$sum of $expected conformance cases ran live: $cases cases × ${#services[@]} live services (${services[*]})"
    [ "$sum" = "$expected" ] || { echo "a live suite did not run, or not whole"; exit 1; }
    exit
fi
service=$1 log=$2
[[ " ${services[*]} " = *" $service "* ]] || { echo "$service is no live service of the list"; exit 1; }
if ! grep -qx "conformance: $service: $cases of $cases cases ran, 0 failed" "$log"; then
    grep "^conformance: " "$log" || echo "no conformance case ran"
    echo "expected on $service: $cases of $cases cases ran, 0 failed"
    exit 1
fi
echo "$cases of $cases conformance cases ran on $service, of $expected: $cases cases × ${#services[@]} live services (${services[*]})"
[ -z "${MFACTL_CONFORMANCE:-}" ] || echo "$service $cases" >>"$MFACTL_CONFORMANCE"
