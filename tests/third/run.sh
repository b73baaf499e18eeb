#!/usr/bin/env bash
# Libraries of others sign in to the embedded service over HTTPS, and each calls Graph with its token; Microsoft's own Graph
# clients for Python and JavaScript do their whole work there. The number of cases that ran is held against the number that
# is written here: a suite that shrinks, or runs nothing, is not green.
# MFACTL_PROGRAM names the program; without it, it is built.
set -euo pipefail
cd "$(dirname "$0")/../.."
# Signing in 6, msgraph-sdk 10, msgraph-beta-sdk 11, @microsoft/microsoft-graph-client 8, the Azure CLI 3.
cases=38
here=$PWD/tests/third

if [ -z "${MFACTL_PROGRAM:-}" ]; then
    cargo build --quiet
    MFACTL_PROGRAM=${CARGO_TARGET_DIR:-target}/debug/mfactl
fi
program=$(realpath "$MFACTL_PROGRAM")

. .ci/python
python_tools third "$here/requirements.txt" "$here/az/requirements.txt" "$here/package-lock.json"
if [ ! -e "$tools/ready" ]; then
    # The Graph clients are twenty thousand files: what is used of them is compiled when it is used.
    "$tools/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile --require-hashes \
        --requirement "$here/requirements.txt"
    # The Azure CLI pins other versions of the same packages.
    python3 -m venv "$tools/az"
    "$tools/az/bin/pip" install --quiet --disable-pip-version-check --no-compile --require-hashes \
        --requirement "$here/az/requirements.txt"
    cp "$here/package.json" "$here/package-lock.json" "$tools/"
    # Node.js comes with the requirements.
    (cd "$tools" && PATH="$tools/venv/bin:$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    touch "$tools/ready"
fi

folder=$(mktemp -d)
server=
end() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap end EXIT

# Nothing of whoever runs this is meant.
export XDG_CONFIG_HOME=$folder/config XDG_STATE_HOME=$folder/state XDG_DATA_HOME=$folder/data XDG_RUNTIME_DIR=$folder
unset HTTPS_PROXY HTTP_PROXY ALL_PROXY https_proxy http_proxy all_proxy REQUESTS_CA_BUNDLE CURL_CA_BUNDLE SSL_CERT_FILE
for name in $(compgen -e MFACTL_); do
    [ "$name" = MFACTL_PROGRAM ] || unset "$name"
done

"$tools/venv/bin/python" "$here/sign_in.py" certificate "$folder"
PASSWORD=$("$program" local secrets chidi --data "$folder/demo.db" -o json --jq .password)
export PASSWORD

# Serves a new directory in a folder of its own; `server` is its process and FOLDER/ready.json what it says.
serve() { # serve FOLDER OPTION…
    local place=$1 line
    shift
    mkdir -p "$place"
    [ -p "$place/line" ] || mkfifo "$place/line"
    "$program" local serve --listen 127.0.0.1:0 --data "$place/demo.db" --make-cert "$place/tls" "$@" \
        >"$place/line" 2>"$place/said" &
    server=$!
    exec 3<"$place/line"
    IFS= read -r -t 60 line <&3 || { cat "$place/said"; echo "the service is never ready"; exit 1; }
    printf '%s\n' "$line" >"$place/ready.json"
}
stop() {
    kill -TERM "$server"
    wait "$server" || { echo "the service did not end well"; failed=1; }
    server=
}

log=$folder/log
failed=0
serve "$folder" --trust-certificate "$folder/app.pem"
"$tools/venv/bin/python" "$here/sign_in.py" "$folder/ready.json" "$folder" 2>&1 | tee "$log" || failed=1
NODE_PATH=$tools/node_modules NODE_EXTRA_CA_CERTS=$folder/tls/ca.pem \
    "$tools/venv/bin/node" "$here/sign_in.js" "$folder/ready.json" 2>&1 | tee -a "$log" || failed=1

stop

# A fresh directory for each: what one leaves behind is nothing to the next.
for package in msgraph msgraph_beta; do
    serve "$folder/$package" --graph-only --faults "$here/graph_faults.toml"
    "$tools/venv/bin/python" "$here/graph_py.py" "$folder/$package/ready.json" "$package" 2>&1 | tee -a "$log" || failed=1
    stop
done
serve "$folder/js" --graph-only --faults "$here/graph_faults.toml"
NODE_PATH=$tools/node_modules NODE_EXTRA_CA_CERTS=$folder/js/tls/ca.pem \
    "$tools/venv/bin/node" "$here/graph_js.js" "$folder/js/ready.json" 2>&1 | tee -a "$log" || failed=1
stop

serve "$folder/az" --graph-only
PYTHON=$tools/az/bin/python "$here/az/rest.sh" "$folder/az" 2>&1 | tee -a "$log" || failed=1
stop

ran=$(grep -c '^ok ' "$log" || true)
echo "$ran of $cases cases of other libraries ran"
[ "$failed" = 0 ] && [ "$ran" = "$cases" ] || { echo "expected $cases cases"; exit 1; }
