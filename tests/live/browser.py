#!/usr/bin/env python3
"""Somebody in front of a headless Chromium who signs in to Keycloak: the program that BROWSER names, and what the stories
open pages with. SIGN_IN_USER and SIGN_IN_PASSWORD are typed, the code of SIGN_IN_SEED (base 32) too; with SIGN_IN_SETUP
another authenticator is set up where that is asked for. It ends at an address that begins with SIGN_IN_BACK, at a page of
ours, or where nothing more can be done; SIGN_IN_SAID gets the pages that were seen, as a JSON list.
"""
import base64, hashlib, hmac, json, os, pathlib, struct, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "sign-in"))
sys.dont_write_bytecode = True
from devtools import Chromium

# What is in front of the person. A page that was dealt with is not looked at again.
STATE = """(() => {
    const there = (selector) => document.querySelector(selector) !== null;
    if (BACK && location.href.startsWith(BACK)) return "back";
    if (document.readyState !== "complete" || window.dealtWith) return "";
    if (there("#said, #error")) return "ours: " + document.querySelector("#said, #error").textContent;
    if (there("input[name=totpSecret]")) return "set-up";
    if (there("input[name=otp]")) return "code";
    if (there("input[name=password]")) return "password";
    if (there("[name=accept]")) return "consent";
    if (there("#kc-info-message a")) return "link";
    const title = document.querySelector("#kc-page-title");
    return title ? "page: " + title.textContent.trim() : "";
})()"""


def code(key):
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def main():
    state = STATE.replace("BACK", json.dumps(os.environ.get("SIGN_IN_BACK", "")))
    seen = []
    with Chromium(sys.argv[1]) as tools:
        def fill(name, value):
            tools.evaluate(f"document.querySelector('input[name={name}]').value = {json.dumps(value)}")

        def press(selector):
            tools.evaluate(f"window.dealtWith = true; document.querySelector({json.dumps(selector)}).click()")

        while len(seen) < 9:
            seen.append(tools.until(state))
            if seen[-1] == "password":
                fill("username", os.environ["SIGN_IN_USER"])
                fill("password", os.environ["SIGN_IN_PASSWORD"])
                press("#kc-login")
            elif seen[-1] == "code" and os.environ.get("SIGN_IN_SEED"):
                fill("otp", code(base64.b32decode(os.environ["SIGN_IN_SEED"])))
                press("#kc-login")
            elif seen[-1] == "set-up" and os.environ.get("SIGN_IN_SETUP"):
                secret = tools.evaluate("document.querySelector('input[name=totpSecret]').value")
                fill("totp", code(secret.encode()))
                if tools.evaluate("document.querySelector('input[name=userLabel]') !== null"):
                    fill("userLabel", os.environ["SIGN_IN_SETUP"])
                press("#saveTOTPBtn")
            elif seen[-1] == "consent":
                press("[name=accept]")
            elif seen[-1] == "link" and seen.count("link") == 1:
                press("#kc-info-message a")
            else:
                break
        with open(os.environ["SIGN_IN_SAID"], "w") as file:
            json.dump(seen, file)


main()
