#!/usr/bin/env python3
"""The program that BROWSER names: a real headless Chromium, in which somebody types into the page.

Who signs in is in SIGN_IN_USER and SIGN_IN_PASSWORD; what the last page said goes into SIGN_IN_SAID, what this process was
given by its parent into SIGN_IN_CHILD.
"""
import json, os, sys

sys.dont_write_bytecode = True
from devtools import Chromium

def given():
    with open("/proc/self/environ", "rb") as environ, open("/proc/self/cmdline", "rb") as cmdline:
        return environ.read() + b"\0" + cmdline.read()

def main():
    if os.environ.get("SIGN_IN_CHILD"):
        with open(os.environ["SIGN_IN_CHILD"], "wb") as file:
            file.write(given())
    with Chromium(sys.argv[1]) as tools:
        field = "document.querySelector('input[name=%s]')"
        tools.until(field % "username" + " !== null")
        tools.evaluate(f"{field % 'username'}.value = {json.dumps(os.environ['SIGN_IN_USER'])}")
        tools.evaluate(f"{field % 'password'}.value = {json.dumps(os.environ['SIGN_IN_PASSWORD'])}")
        tools.evaluate("document.querySelector('button[value=sign-in]').click()")
        said = tools.until("document.querySelector('#said, #error') && document.title + ': ' + "
                           "document.querySelector('#said, #error').textContent")
        with open(os.environ["SIGN_IN_SAID"], "w") as file:
            file.write(said)

main()
