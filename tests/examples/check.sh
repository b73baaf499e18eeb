#!/usr/bin/env bash
# Holds docs/examples against the schemas of Kubernetes and GitHub, which come with the packages that check them, and
# their commands against the program itself; runs every block of docs/test-your-scripts.md. The packages are installed
# once, outside the checkout.
#   tests/examples/check.sh [MFACTL]
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:-target/debug/mfactl}
. .ci/python
python_tools examples tests/examples/requirements.txt
venv=$tools/venv
if [ ! -e "$tools/ready" ]; then
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement tests/examples/requirements.txt
    touch "$tools/ready"
fi
"$venv/bin/kubernetes-validate" --strict docs/examples/kubernetes-job.yaml docs/examples/kubernetes-indexed-job.yaml
"$venv/bin/check-jsonschema" --builtin-schema vendor.github-workflows docs/examples/github-actions.yml
"$venv/bin/python" tests/examples/commands.py "$program" docs/examples/*.y*ml
PATH="$venv/bin:$PATH" "$venv/bin/python" tests/examples/scripts.py "$program" docs/test-your-scripts.md
