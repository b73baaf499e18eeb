#!/usr/bin/env bash
# The page of `report registration --html` in a real headless Chromium, which is installed once where it is missing.
#   tests/report/run.sh [MFACTL]
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v chromium >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
exec python3 -B tests/report/page.py "${1:-target/debug/mfactl}"
