#!/usr/bin/env bash
# The bench of jobs on a real Keycloak: once as the machine is, and once with the server's data and the program's state in
# memory. Arguments go to the bench: `benches/keycloak/run.sh --short`, `… --people 200 --rounds 1`. MFACTL_PROGRAM
# names another build of the program, and the bench itself is then not optimized.
set -euo pipefail
cd "$(dirname "$0")/../.."

. .ci/python
python_tools bench benches/keycloak/requirements.txt
if [ ! -e "$tools/ready" ]; then
    "$tools/venv/bin/pip" install --quiet --disable-pip-version-check --requirement benches/keycloak/requirements.txt
    touch "$tools/ready"
fi
export BENCH_PYTHON=$tools/venv/bin/python

if [ -n "${MFACTL_PROGRAM:-}" ]; then
    set -- "$@" --program "$(realpath "$MFACTL_PROGRAM")"
    cargo test --quiet --bench keycloak --no-run
    bench() { cargo test --quiet --bench keycloak -- "$@"; }
else
    cargo bench --quiet --bench keycloak --no-run
    bench() { cargo bench --quiet --bench keycloak -- "$@"; }
fi
once() { bench --url "$MFACTL_LIVE_KEYCLOAK" --python "$BENCH_PYTHON" "$@"; }
export -f bench once

status=0
tests/live/keycloak.sh bash -c 'once --kcadm "$MFACTL_LIVE_HOME/bin/kcadm.sh" "$@"' bench "$@" || status=$?
memory=/dev/shm
if [ "$(stat --file-system --format=%T "$memory" 2>/dev/null)" = tmpfs ]; then
    folder=$(mktemp -d "$memory/mfactl-bench-XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    MFACTL_LIVE_DATA=$folder TMPDIR=$folder tests/live/keycloak.sh bash -c 'once "$@"' bench "$@" || status=$?
else
    echo "no tmpfs at $memory: not measured in memory"
fi
exit "$status"
