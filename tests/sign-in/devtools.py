"""A real headless Chromium over the DevTools protocol, on a WebSocket of its own, so that nothing but Chromium and Python
is needed."""
import base64, json, os, shutil, socket, subprocess, tempfile, time, urllib.request


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
        self.heard = {}

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
            if "method" in answer:
                for listener in self.heard.get(answer["method"], []):
                    listener(answer["params"])
            if answer.get("id") == self.number:
                return answer.get("result", {})

    def on(self, event, listener):
        self.heard.setdefault(event, []).append(listener)

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

class Chromium:
    """A browser with one page, which is given; ended with the block."""

    def __init__(self, address="about:blank"):
        self.address = address

    def __enter__(self):
        self.profile = tempfile.mkdtemp()
        self.browser = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--password-store=basic", f"--user-data-dir={self.profile}", "--remote-debugging-port=0", self.address],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            # The bus of the session ends with the command, and the browser shall outlive it.
            env={name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"})
        try:
            return self.page()
        except BaseException:
            self.__exit__()
            raise

    def page(self):
        port_file = os.path.join(self.profile, "DevToolsActivePort")
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
                return DevTools(pages[0]["webSocketDebuggerUrl"])
            time.sleep(0.05)

    def __exit__(self, *_):
        self.browser.terminate()
        self.browser.wait(30)
        shutil.rmtree(self.profile, ignore_errors=True)
