#!/usr/bin/env bash
# The program as Windows gets it, cross-built, under Wine: does what people do most, on files as Windows has them. Counts its
# cases: a suite that shrinks is not green. No part of the gate, for its build takes a quarter of an hour; and Wine is no
# Windows: keyring, rights of files and the console are not tried.
#   tests/windows/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
expected=16
missing=()
for need in x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64 nasm:nasm cmake:cmake; do
    command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
[ -x "$wine" ] || missing+=(wine64)
if [ "${#missing[@]}" -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
rustup target add x86_64-pc-windows-gnu >/dev/null 2>&1
target=${CARGO_TARGET_DIR:-target}
CARGO_PROFILE_DEV_DEBUG=0 cargo build --quiet --target x86_64-pc-windows-gnu --bin mfactl

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cp "$target/x86_64-pc-windows-gnu/debug/mfactl.exe" "$place/"
# Older Wines lack the one function that Rust asks Windows for chance with.
cat >"$place/prng.c" <<'END'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE into, SIZE_T size) { return SystemFunction036(into, (ULONG)size); }
END
x86_64-w64-mingw32-gcc -shared -o "$place/bcryptprimitives.dll" "$place/prng.c" -ladvapi32
export HOME=$place WINEPREFIX=$place/prefix WINEDEBUG=-all
cd "$place"
timeout 300 "$wine" wineboot -i >/dev/null 2>&1

ran=0
# case_ NAME EXIT TEXT ARGUMENT…: the program ends so, and says this.
case_() {
    local name=$1 exit=$2 text=$3 ended=0
    shift 3
    timeout 120 "$wine" ./mfactl.exe "$@" >said 2>&1 </dev/null || ended=$?
    if [ "$ended" != "$exit" ] || ! grep -qF -- "$text" said; then
        echo "FAILED: $name: exit $ended, expected $exit and \"$text\""
        cat said
        exit 1
    fi
    ran=$((ran + 1))
    echo "ok $ran: $name"
}
printf 'user,number\r\nfen,+31612345678\r\nbas,+31612345679\r\n' >numbers.csv

case_ "a list" 0 "4 methods, 3 of them for sign-in" -p local methods list adele
case_ "nothing is changed where nobody can be asked" 6 "--yes" -p local user reset adele
case_ "a lost phone, with journal and audit" 0 "read back: gone" -p local user reset adele --yes
case_ "the job is there" 0 "user reset lost-phone" jobs list
case_ "the log is one chain" 0 "Intact" audit verify
job=$(timeout 120 "$wine" ./mfactl.exe jobs list -o json --jq '.[0].ref' 2>/dev/null | tr -d '\r')
case_ "the way back" 0 "phone:mobile" -p local jobs undo "$job" --yes
case_ "many people from a file" 0 "2 people done" -p local methods add phone --from numbers.csv --type alternate --yes
case_ "a seed into a file and an image" 0 "Secrets are in fen.secret" -p local methods add totp fen --qr fen.png --secrets-out fen.secret --yes
case_ "a place that is taken" 1 "fen.secret" -p local methods add temporary-pass fen --secrets-out fen.secret --yes
case_ "a plan is written" 0 "Plan written to sign-out.plan" -p local user sign-out emre dora --plan-out sign-out.plan
case_ "and applied" 0 "2 people done" -p local plan apply sign-out.plan --yes
case_ "a profile" 0 "config.toml" profile add other --service entra --tenant contoso.example --auth token
case_ "where its keys come from" 0 'config.toml:' profile show other --origin
case_ "a copy of the service" 0 "copied to" local snapshot copy.db
case_ "and back" 0 "copy.db" local restore copy.db --yes
case_ "wiped" 0 "the next use begins with the demo directory" local wipe --yes
echo "$ran of $expected cases ran under Wine"
[ "$ran" = "$expected" ]
