"""Seeds a fresh privacyIDEA through its own API: `privacyidea-seed.py URL FOLDER MAILPORT`. FOLDER takes the people."""

import json
import sqlite3
import sys
import urllib.error
import urllib.request

from passlib.hash import sha512_crypt

URL, FOLDER, MAIL = sys.argv[1:4]
PASSWORD = "Correct-Horse_042-BATTERY"


def people(name, rows):
    store = sqlite3.connect(f"{FOLDER}/{name}.sqlite")
    store.execute(
        "create table users(id integer primary key autoincrement, username text unique, mobile text, email text, password text,"
        " givenname text, surname text, phone text)"
    )
    digest = sha512_crypt.using(rounds=1000).hash(PASSWORD)
    store.executemany(
        "insert into users(username, mobile, email, password, givenname, surname, phone) values(?, ?, ?, ?, ?, ?, ?)",
        [(user, "+31612345678", f"{user}@example.com", digest, given, surname, "") for user, given, surname in rows],
    )
    store.commit()


def call(verb, path, body, token=None):
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), method=verb)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", token)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["result"]["value"]
    except urllib.error.HTTPError as error:
        sys.exit(f"{verb} {path}: {error.code} {error.read()[:500]}")


people("corp", [("anna", "Anna", "Alpha"), ("ben", "Ben", "Beta")])
people("desk", [("rita", "Rita", "Desk")])
people("shift", [("sam", "Sam", "Shift")])
people("branch", [("anna", "Anna", "Branch")])
token = call("POST", "/auth", {"username": "admin", "password": "admin-password"})["token"]
fields = ["username", "email", "mobile", "phone", "password", "givenname", "surname"]
for name in ["corp", "desk", "shift", "branch"]:
    resolver = {
        "type": "sqlresolver",
        "Driver": "sqlite",
        "Server": "/" + FOLDER,
        "Database": f"{name}.sqlite",
        "Table": "users",
        "Limit": 20000,
        "Editable": True,
        "Password_Hash_Type": "SHA512CRYPT",
        "Map": json.dumps({"userid": "id", **{field: field for field in fields}}),
    }
    call("POST", f"/resolver/{name}users", resolver, token)
    call("POST", f"/realm/{name}", {"resolvers": f"{name}users"}, token)
call("POST", "/defaultrealm/corp", {}, token)
call(
    "POST",
    "/smsgateway",
    {
        "name": "kept",
        "module": "privacyidea.lib.smsprovider.ScriptSMSProvider.ScriptSMSProvider",
        "option.script": "keep.sh",
        "option.background": "wait",
    },
    token,
)
call("POST", "/smtpserver/kept", {"server": "127.0.0.1", "port": int(MAIL), "sender": "pi@example.com", "tls": False}, token)
call("POST", "/system/setConfig", {"sms.identifier": "kept", "email.identifier": "kept"}, token)
call("POST", "/serviceid/mail", {"description": "mail programs"}, token)
call("POST", "/serviceid/cal", {"description": "calendars"}, token)

# An administrator who may do all is written first: the first policy of this scope shuts everybody else out.
call("POST", "/policy/superuser", {"scope": "admin", "adminuser": "admin", "action": "*"}, token)


def admin_policy(name, rights, **more):
    actions = {one: True for one in rights}
    call("POST", f"/policy/{name}", {"scope": "admin", "adminuser": name, "action": actions, **more}, token)


RIGHTS = json.load(open(__file__.replace("seed.py", "rights.json"), encoding="utf-8"))
admin_policy("mfactl", RIGHTS["people"], realm="corp")
admin_policy("mfactl-all", RIGHTS["everywhere"], adminuser="mfactl")
admin_policy("reader", ["userlist", "tokenlist"])
admin_policy("lister", ["userlist"])
for realm in ["desk", "shift"]:
    admin_policy(realm, RIGHTS["people"] + RIGHTS["everywhere"], adminuser="*", adminrealm=realm)

call(
    "POST",
    "/policy/push",
    {"scope": "enrollment", "action": {"push_firebase_configuration": "poll only", "push_registration_url": URL + "/ttype/push"}},
    token,
)
call("POST", "/policy/verify", {"scope": "enrollment", "realm": "corp", "user": "verify.*", "action": {"verify_enrollment": "totp hotp sms email"}}, token)
call("POST", "/policy/remember", {"scope": "authentication", "action": {"remember_device": True, "remember_device_validity": 30}}, token)
# Whoever signs in there does so anew after some seconds.
call("POST", "/policy/shift-login", {"scope": "webui", "realm": "shift", "action": {"jwt_validity": 6}}, token)
call(
    "POST",
    "/policy/desk-challenge",
    {"scope": "authentication", "realm": "desk", "action": {"challenge_response": "totp"}},
    token,
)
call("POST", "/policy/desk-login", {"scope": "webui", "realm": "desk", "action": {"login_mode": "privacyIDEA"}}, token)
