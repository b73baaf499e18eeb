#!/usr/bin/env python3
"""The program that BROWSER names: a real headless Chromium, in which somebody types into the page.

Speaks the DevTools protocol over a WebSocket of its own, so that nothing but Chromium and Python is needed. Who signs in
is in SIGN_IN_USER and SIGN_IN_PASSWORD; what the last page said goes into SIGN_IN_SAID, what this process was given by its
parent into SIGN_IN_CHILD.
"""
import base64, contextlib, json, os, shutil, socket, subprocess, sys, tempfile, time, urllib.request

def given():
    with open("/proc/self/environ", "rb") as environ, open("/proc/self/cmdline", "rb") as cmdline:
        return environ.read() + b"\0" + cmdline.read()

class DevTools:
    def __init__(self, url):
        host, path = url.removeprefix("ws://").split("/", 1)
        name, port = host.split(":")
        self.socket = socket.create_connection((name, int(port)), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes:
            self.bytes += self.socket.recv(4096)
        self.bytes = self.bytes.split(b"\r\n\r\n", 1)[1]
        self.number = 0

    def take(self, count):
        while len(self.bytes) < count:
            more = self.socket.recv(65536)
            if not more:
                raise SystemExit("Chromium is gone")
            self.bytes += more
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def receive(self):
        text = b""
        while True:
            first, second = self.take(2)
            length = second & 127
            if length == 126:
                length = int.from_bytes(self.take(2), "big")
            elif length == 127:
                length = int.from_bytes(self.take(8), "big")
            text += self.take(length)
            if first & 128:
                return json.loads(text) if first & 15 in (0, 1) else {}

    def call(self, method, **params):
        self.number += 1
        payload = json.dumps({"id": self.number, "method": method, "params": params}).encode()
        mask = os.urandom(4)
        if len(payload) < 126:
            head = bytes([129, 128 | len(payload)])
        else:
            head = bytes([129, 254]) + len(payload).to_bytes(2, "big")
        self.socket.sendall(head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)))
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                return answer.get("result", {})

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True).get("result", {}).get("value")

    def until(self, expression):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            value = self.evaluate(expression)
            if value:
                return value
            time.sleep(0.05)
        raise SystemExit(f"never so: {expression}")

@contextlib.contextmanager
def page(url):
    """A page of a Chromium of its own, which ends with it."""
    profile = tempfile.mkdtemp()
    browser = subprocess.Popen(
        ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--password-store=basic", f"--user-data-dir={profile}", "--remote-debugging-port=0", url],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        # The bus of the session ends with the command, and the browser shall outlive it.
        env={name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"})
    try:
        port_file = os.path.join(profile, "DevToolsActivePort")
        end = time.monotonic() + 60
        while not (os.path.exists(port_file) and open(port_file).read().strip()):
            if time.monotonic() > end:
                raise SystemExit("Chromium does not start")
            time.sleep(0.05)
        port = open(port_file).read().split()[0]
        while True:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
                pages = [page for page in json.load(answer) if page["type"] == "page"]
            if pages:
                break
            time.sleep(0.05)
        yield DevTools(pages[0]["webSocketDebuggerUrl"])
    finally:
        browser.terminate()
        browser.wait(30)
        shutil.rmtree(profile, ignore_errors=True)

def main():
    if os.environ.get("SIGN_IN_CHILD"):
        with open(os.environ["SIGN_IN_CHILD"], "wb") as file:
            file.write(given())
    with page(sys.argv[1]) as tools:
        field = "document.querySelector('input[name=%s]')"
        tools.until(field % "username" + " !== null")
        tools.evaluate(f"{field % 'username'}.value = {json.dumps(os.environ['SIGN_IN_USER'])}")
        tools.evaluate(f"{field % 'password'}.value = {json.dumps(os.environ['SIGN_IN_PASSWORD'])}")
        tools.evaluate("document.querySelector('button[value=sign-in]').click()")
        said = tools.until("document.querySelector('#said, #error') && document.title + ': ' + "
                           "document.querySelector('#said, #error').textContent")
        with open(os.environ["SIGN_IN_SAID"], "w") as file:
            file.write(said)

if __name__ == "__main__":
    main()
