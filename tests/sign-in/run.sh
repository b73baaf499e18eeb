#!/usr/bin/env bash
# Signing in where it is real: a Secret Service daemon that is unlocked, locked, or not there; Chromium in front of the
# page; other users; and a search for secrets where none may be. Counts its cases: a suite that shrinks is not green.
# MFACTL_PROGRAM names the program; without it, it is built.
set -euo pipefail
cd "$(dirname "$0")/../.."
expected=14
need=(dbus-run-session:dbus dbus-send:dbus-bin gnome-keyring-daemon:gnome-keyring secret-tool:libsecret-tools chromium:chromium)
missing=()
for one in "${need[@]}"; do
    command -v "${one%%:*}" >/dev/null || missing+=("${one##*:}")
done
if [ "${#missing[@]}" -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dbus-daemon "${missing[@]}" >/dev/null
fi
if [ -z "${MFACTL_PROGRAM:-}" ]; then
    cargo build --quiet
    MFACTL_PROGRAM=${CARGO_TARGET_DIR:-target}/debug/mfactl
fi

program=$(realpath "$MFACTL_PROGRAM")
browser=$PWD/tests/sign-in/chromium.py
place=$(mktemp -d)
chmod 711 "$place"
server=
# Only what was started here.
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -rf "$place"' EXIT
mkdir -m 700 "$place/home" "$place/config" "$place/config/mfactl" "$place/out" "$place/run"
ran=0

fail() { echo "FAILED: $*"; tail -n 20 "$place"/out/* 2>/dev/null | cut -c1-300; exit 1; }
case_() { ran=$((ran + 1)); echo "ok $ran: $*"; }
# Nothing of the machine's environment goes in.
clean=(env -i "PATH=$PATH" "HOME=$place/home" "XDG_CONFIG_HOME=$place/config" "XDG_DATA_HOME=$place/data"
    "XDG_STATE_HOME=$place/state" "XDG_RUNTIME_DIR=$place/run" TZ=UTC LANG=C.UTF-8)
field() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"; }

"${clean[@]}" "$program" local serve --listen 127.0.0.1:0 --data "$place/local.db" >"$place/ready" 2>"$place/out/server" &
server=$!
until [ -s "$place/ready" ]; do kill -0 "$server" || fail "the server does not start"; sleep 0.05; done
for key in graph authority tenant client_id client_secret; do declare "$key=$(field "$place/ready" $key)"; done
cat >"$place/config/mfactl/config.toml" <<TOML
[profiles.me]
service = "local"
url = "$graph"
authority = "$authority"
tenant = "$tenant"
client_id = "$client_id"
auth = "browser"
TOML
chmod 600 "$place/config/mfactl/config.toml"
password=$("${clean[@]}" "MFACTL_LOCAL_DATA=$place/local.db" "$program" local secrets chidi -o json --jq .password)
as_chidi=(SIGN_IN_USER=chidi@contoso.example "SIGN_IN_PASSWORD=$password" "SIGN_IN_SAID=$place/out/said"
    "SIGN_IN_CHILD=$place/child" "BROWSER=$browser")
login=("$program" -p me -vvv auth login --wait 90s)
out() { # out NAME STATUS COMMAND…: runs it, keeps what it said, holds its exit status
    local name=$1 status=$2 got=0
    shift 2
    "$@" >"$place/out/$name" 2>&1 </dev/null || got=$?
    [ "$got" = "$status" ] || fail "$name ended with $got, not $status"
}
said() { grep -qF -- "$2" "$place/out/$1" || fail "$1 does not say: $2"; }
tokens=$place/state/mfactl/tokens
kept() { find "$tokens" -name '*.json' 2>/dev/null | wc -l; }

# A session with a bus of its own; what follows the first argument runs in it, the keyring unlocked or as it is. The folder
# for its sockets is its own too: a daemon that starts gives the password to one that it finds there and ends, and the one
# of the session before may not be gone yet. Then it waits until the daemon answers for the secrets of this bus.
session() { # session unlocked|locked COMMAND…
    local how=$1 sockets
    shift
    sockets=$(mktemp -d "$place/run.XXXX")
    # shellcheck disable=SC2016
    "${clean[@]}" "${as_chidi[@]}" "XDG_RUNTIME_DIR=$sockets" "MFACTL_PASSWORD=canary-password" "MFACTL_TOKEN_PASSPHRASE=" \
        dbus-run-session -- bash -c '
        if [ "$1" = unlocked ]; then
            printf "pw\n" | gnome-keyring-daemon --daemonize --unlock --components=secrets >/dev/null 2>&1
            until dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus \
                org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q "boolean true"; do sleep 0.05; done
        fi
        shift
        "$@"' bash "$how" "$@" 2>&1 | grep -v "Failed to set fd limit"
    return "${PIPESTATUS[0]}"
}

# 1..5: the keyring, unlocked.
out login 0 session unlocked "${login[@]}"
said login "Signed in to me as chidi@contoso.example; kept in the keyring"
case_ "Chromium signs in, and the sign-in is in the keyring"
for _ in $(seq 600); do [ -s "$place/out/said" ] && break; sleep 0.05; done
said said "Signed in: You may close this page"
case_ "the page says so"
out status 0 session unlocked "$program" -p me auth status -o json
said status '"store": "keyring"'
said status '"account": "chidi@contoso.example"'
case_ "another process finds it there"
[ "$(kept)" = 1 ] || fail "$(kept) files are kept"
grep -rqE 'eyJ|chidi|refresh' "$tokens" && fail "something stands in clear in $tokens"
case_ "what is in the file does not stand there in clear"
tr '\0' '\n' <"$place/child" >"$place/given"
grep -q SIGN_IN_USER "$place/given" || fail "the child's environment was not seen"
grep -qE 'canary-password|code_verifier|eyJ' "$place/given" && fail "a secret is in the browser's environment or arguments"
case_ "the browser was given no secret of ours"

# 6..7: the same keyring, locked.
rm -f "$place/child"
out locked-status 4 session locked "$program" -p me auth status
said locked-status "locked"
case_ "a locked keyring is told as such"
out locked 4 session locked "${login[@]}"
said locked "the keyring is locked"
[ ! -e "$place/child" ] || fail "a browser was opened though the sign-in could not be kept"
[ "$(kept)" = 1 ] || fail "a locked keyring led to a file"
case_ "signing in is refused before a browser opens, and nothing is written"

# 8: signing out takes it out of the keyring.
entries=(bash -c 'secret-tool search --all service mfactl 2>&1 | grep -c "^\[" || true')
out search 0 session unlocked "${entries[@]}"
[ "$(tail -n 1 "$place/out/search")" = 1 ] || fail "the keyring does not have one entry"
out logout 0 session unlocked "$program" -p me auth logout
said logout "was ended at the service"
out search 0 session unlocked "${entries[@]}"
[ "$(tail -n 1 "$place/out/search")" = 0 ] || fail "something is left in the keyring"
[ "$(kept)" = 0 ] || fail "a file is left"
case_ "signing out leaves nothing in the keyring"

# 9: a bus on which nobody keeps secrets.
cat >"$place/nobody.conf" <<XML
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=$place/run</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
XML
out nobody 4 "${clean[@]}" "${as_chidi[@]}" dbus-run-session --config-file="$place/nobody.conf" -- "${login[@]}"
said nobody "there is no keyring to keep the sign-in in"
said nobody "MFACTL_CLIENT_SECRET"
case_ "a bus without a keyring: refused, with what to do instead"

# 10..11: no bus, and no environment at all.
out nobus 4 "${clean[@]}" "${as_chidi[@]}" "${login[@]}"
said nobus "there is no keyring to keep the sign-in in"
case_ "no bus: the same"
out bare 2 env -i "$program" -p me auth login
case_ "env -i: an error in words, no crash"

# 12: a key file in the place of the keyring.
(umask 077; head -c 32 /dev/urandom | base64 >"$place/key")
out file 0 "${clean[@]}" "${as_chidi[@]}" "MFACTL_TOKEN_KEY_FILE=$place/key" "${login[@]}"
said file "kept in an encrypted file"
out file-read 0 "${clean[@]}" "MFACTL_TOKEN_KEY_FILE=$place/key" "$program" -p me methods list chidi@contoso.example
case_ "a key file takes the keyring's place"

# 13: another user, and a process that cannot be looked into.
cp "$program" "$place/mfactl"
out stranger 1 setpriv --reuid=65534 --regid=65534 --clear-groups \
    "${clean[@]}" "MFACTL_TOKEN_KEY_FILE=$place/key" "$place/mfactl" -p me auth status || true
grep -q eyJ "$place/out/stranger" && fail "another user got a token"
mkdir -m 777 "$place/theirs"
setpriv --reuid=65534 --regid=65534 --clear-groups env -i "PATH=$PATH" "HOME=$place/theirs" \
    "$place/mfactl" local serve --listen 127.0.0.1:0 --data "$place/theirs/local.db" >"$place/theirs.ready" 2>/dev/null &
theirs=$!
until [ -s "$place/theirs.ready" ]; do kill -0 "$theirs" || fail "the other server does not start"; sleep 0.05; done
real=$(pgrep -P "$theirs" || echo "$theirs")
owner=$(stat -c %u "/proc/$real/environ")
core=$(awk '/Max core file size/ {print $5 $6}' "/proc/$real/limits")
kill "$theirs"
wait "$theirs" || true
[ "$owner" = 0 ] || fail "the process can be looked into by its own user (owner $owner)"
[ "$core" = 00 ] || fail "core dumps are on ($core)"
case_ "another user gets nothing; no core dumps, and nobody looks into the process"

# 14: no secret in anything that was said or written.
"${clean[@]}" "MFACTL_TOKEN_KEY_FILE=$place/key" "$program" -p me auth token >"$place/token" 2>"$place/out/token"
refresh_or_access=$(cut -c1-40 "$place/token")
grep -rqF -e "$password" -e canary-password -e "$client_secret" -e "$refresh_or_access" "$place/out" "$place/state" &&
    fail "a secret stands in a log, a journal or the audit log"
grep -rq 'auth token' "$place/state/mfactl/audit" || fail "the audit log does not know of the token"
case_ "no secret in -vvv, state and audit"

echo "$ran of $expected cases of signing in ran"
[ "$ran" = "$expected" ] || { echo "expected $expected cases"; exit 1; }
