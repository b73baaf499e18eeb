#!/usr/bin/env python3
"""The page of `report registration --html`, held in a real headless Chromium at two widths, light and dark, on screen and
on paper. Speaks the DevTools protocol through what tests/sign-in has for it. Says each case, and how many there were."""
import json, os, pathlib, subprocess, sys, tempfile, threading, time, http.server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sign-in"))
from devtools import Chromium  # noqa: E402

EXPECTED = 29
# So many people more than the page has a table for; REPORT_PEOPLE=98168 is a large organization, and takes minutes to make.
CROWD = int(os.environ.get("REPORT_PEOPLE", "3000"))
WIDTHS = (360, 1280)
ran = 0


def case(said, good, detail=""):
    global ran
    if not good:
        raise SystemExit(f"FAILED: {said} {detail}")
    ran += 1
    print(f"ok {ran}: {said}")


class Counter(http.server.BaseHTTPRequestHandler):
    """Whoever loads something from the page's own place is seen."""
    def do_GET(self):
        self.server.asked.append(self.path)
        body = self.server.page if self.path == "/page.html" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def column(tools, number):
    return tools.evaluate(f"Array.from(document.querySelectorAll('#people tbody tr'), row => "
                          f"row.cells[{number}].dataset.key ?? row.cells[{number}].textContent)")


def shot(tools, name):
    folder = os.environ.get("REPORT_PICTURES")
    if folder:
        import base64
        data = tools.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        pathlib.Path(folder, f"{name}.png").write_bytes(base64.b64decode(data))


def crowd(tools, program, clean, place, appearance, click):
    """The page of more people than a browser makes a table of: their rows are data, of which a piece is shown."""
    path = place + "/crowd.html"
    subprocess.run([program, "-p", "local", "local", "seed", "--users", str(CROWD)], env=clean, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([program, "-p", "local", "report", "registration", "--html", path],
                   env=clean, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    began = time.monotonic()
    tools.call("Page.navigate", url=f"file://{path}")
    tools.until("document.readyState === 'complete' && document.querySelectorAll('#people tbody tr').length > 0")
    loaded = time.monotonic() - began
    shown = lambda: tools.evaluate("document.getElementById('shown').textContent")
    many = int(shown().split(" of ")[1].replace(",", ""))
    case(f"of {many} people a piece is shown", shown().startswith("1 to 200 of ") and many > 2000 and len(column(tools, 0)) == 200, shown())
    case("it is there in useful time", loaded < 30, loaded)
    classes = tools.evaluate("Array.from(document.querySelectorAll('#people tbody tr'), row => row.className)")
    case("who needs attention comes first", all(classes), classes[:3])
    began = time.monotonic()
    tools.evaluate(click % 0)
    up = column(tools, 0)
    sorted_in = time.monotonic() - began
    tools.evaluate("document.getElementById('on').click()")
    case("a click sorts all of them, and a button goes on", up[-1].lower() <= column(tools, 0)[0].lower() and
         shown().startswith("201 to 400 of "), (up[-1], column(tools, 0)[0], shown()))
    tools.evaluate("document.getElementById('show-phone').click()")
    label = tools.evaluate("document.querySelector('label:has(#show-phone)').textContent").rsplit(" ", 1)[1]
    case("the choice counts as the chart does", shown().endswith(f" of {label}"), (shown(), label))
    tools.evaluate("document.getElementById('show-all').click()")
    tools.evaluate("(() => { const find = document.getElementById('find'); find.value = 'ADELE@'; find.dispatchEvent(new Event('input')); })()")
    case("somebody is found", shown() == "1 to 1 of 1" and column(tools, 0) == ["Adele Vance"], (shown(), column(tools, 0)))
    tools.evaluate("(() => { const find = document.getElementById('find'); find.value = 'mallory@'; find.dispatchEvent(new Event('input')); })()")
    case("directory text is text here too", len(column(tools, 0)) == 1 and
         tools.evaluate("document.querySelectorAll('#people tbody a, #people tbody img, #people tbody script').length") == 0)
    appearance(WIDTHS[0])
    wide = tools.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    case(f"nothing overflows at {WIDTHS[0]} pixels", wide[0] <= wide[1], wide)
    appearance(WIDTHS[1])
    tools.call("Performance.enable")
    told = {one["name"]: one["value"] for one in tools.call("Performance.getMetrics")["metrics"]}
    print(f"{many} people, {os.path.getsize(path) / 1e6:.1f} MB: loaded in {loaded:.2f} s, sorted in {sorted_in:.2f} s, "
          f"{told['JSHeapUsedSize'] / 1e6:.0f} MB of script, {told['Nodes']:.0f} nodes")


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/debug/mfactl")
    place = tempfile.TemporaryDirectory()
    clean = {"PATH": os.environ["PATH"], "HOME": place.name, "TZ": "UTC", "LANG": "C.UTF-8",
             "XDG_DATA_HOME": place.name + "/data", "XDG_CONFIG_HOME": place.name + "/config",
             "XDG_STATE_HOME": place.name + "/state"}
    path = place.name + "/page.html"
    subprocess.run([program, "-p", "local", "report", "registration", "--include", "disabled,guests", "--html", path],
                   env=clean, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rows = subprocess.run([program, "-p", "local", "report", "registration", "--include", "disabled,guests", "-o", "json"],
                          env=clean, check=True, capture_output=True).stdout
    people = json.loads(rows)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counter)
    server.page, server.asked = pathlib.Path(path).read_bytes(), []
    threading.Thread(target=server.serve_forever, daemon=True).start()

    with Chromium() as tools:
        said, requested = [], []
        tools.on("Runtime.consoleAPICalled", lambda event: said.append(event))
        tools.on("Runtime.exceptionThrown", lambda event: said.append(event))
        tools.on("Log.entryAdded", lambda event: said.append(event["entry"]))
        tools.on("Network.requestWillBeSent", lambda event: requested.append(event["request"]["url"]))
        for domain in ("Runtime", "Log", "Network", "Page"):
            tools.call(f"{domain}.enable")

        def appearance(width, scheme="light", media=""):
            tools.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
            tools.call("Emulation.setEmulatedMedia", media=media,
                       features=[{"name": "prefers-color-scheme", "value": scheme}])

        appearance(WIDTHS[1])
        tools.call("Page.navigate", url=f"file://{path}")
        tools.until("document.readyState === 'complete' && !!document.querySelector('#people')")
        case("a row stands there for each person", tools.evaluate("document.querySelectorAll('#people tbody tr').length") == len(people))
        case("directory text is text: no element came of it",
             tools.evaluate("document.querySelectorAll('#people a, #people img, #people script, #people b').length") == 0)
        names = set(column(tools, 0))
        case("names read as they are", {"Adele Vance", "Gita Iyer"} <= names or "Adele Vance" in names, names)

        for width in WIDTHS:
            appearance(width)
            wide = tools.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            case(f"nothing overflows at {width} pixels", wide[0] <= wide[1], wide)
            cut = tools.evaluate("Array.from(document.querySelectorAll('.card *')).filter(one => "
                                 "one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline').length")
            case(f"no text of the charts is cut at {width} pixels", cut == 0, cut)
            shot(tools, f"light-{width}")
        appearance(WIDTHS[1])

        click = "document.querySelectorAll('#people thead button')[%d].click()"
        tools.evaluate(click % 0)
        up = column(tools, 0)
        order = tools.evaluate("(() => { const words = new Intl.Collator(undefined, {numeric: true, sensitivity: 'base'});"
                               f" return {json.dumps(up)}.sort(words.compare); }})()")
        case("a click sorts by name", up == order and len(up) == len(people))
        case("and says so", tools.evaluate("document.querySelector('#people thead th').getAttribute('aria-sort')") == "ascending")
        tools.evaluate(click % 0)
        case("a second click sorts the other way", column(tools, 0) == list(reversed(up)) or
             tools.evaluate("document.querySelector('#people thead th').getAttribute('aria-sort')") == "descending")
        tools.evaluate(click % 2)
        words = column(tools, 2)
        case("another column sorts too", words == sorted(words) and len(set(words)) > 1, words)

        appearance(WIDTHS[0])
        seen = tools.evaluate("document.querySelector('#people thead button').getClientRects().length")
        tools.evaluate(click % 0)
        case(f"the table sorts at {WIDTHS[0]} pixels too", seen == 1 and column(tools, 0) == up, (seen, up))
        bare = tools.evaluate("Array.from(document.querySelectorAll('#people td:empty')).filter(one => "
                              "getComputedStyle(one).display !== 'none').length")
        case("and nothing is named there that somebody has not", bare == 0, bare)
        appearance(WIDTHS[1])

        tools.evaluate("document.getElementById('show-phone').click()")
        shown = tools.evaluate("Array.from(document.querySelectorAll('#people tbody tr')).filter(row => "
                               "getComputedStyle(row).display !== 'none').map(row => row.querySelector('small')?.textContent)")
        signs_in = lambda row: [kind for kind in row["methods"] if kind not in ("email", "questions")]
        wanted = {row["user"] for row in people if signs_in(row) and all(kind.startswith("phone") for kind in signs_in(row))}
        case("the choice shows people with text or call only", wanted and set(shown) == wanted, (shown, wanted))
        tools.evaluate("document.getElementById('show-all').click()")

        paper = "getComputedStyle(document.body).backgroundColor"
        light = tools.evaluate(paper)
        for width in WIDTHS:
            appearance(width, "dark")
            shot(tools, f"dark-{width}")
        appearance(WIDTHS[1], "dark")
        dark = tools.evaluate(paper)
        case("dark where the reader wants it dark", light != dark and light == "rgb(255, 255, 255)", (light, dark))
        contrast = tools.evaluate("""(() => { const light = (text) => { const part = text.match(/[\\d.]+/g).map(Number)
            .slice(0, 3).map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
            return .2126 * part[0] + .7152 * part[1] + .0722 * part[2]; };
            const of = (one) => { let back = one; while (back && getComputedStyle(back).backgroundColor === 'rgba(0, 0, 0, 0)')
            back = back.parentElement; const two = [light(getComputedStyle(one).color),
            light(getComputedStyle(back ?? document.body).backgroundColor)].sort((a, b) => b - a);
            return (two[0] + .05) / (two[1] + .05); };
            return Math.min(...Array.from(document.querySelectorAll('h1,h2,p,dt,dd,li,td,small,span,label,button'), of)); })()""")
        case("text stands out by 4.5 at least (WCAG 1.4.3)", contrast >= 4.5, contrast)
        appearance(WIDTHS[1], "dark", "print")
        case("on paper it is light", tools.evaluate(paper) == "rgb(255, 255, 255)", tools.evaluate(paper))
        case("and no choice is printed", tools.evaluate("getComputedStyle(document.querySelector('.filter')).display") == "none")
        pdf = tools.call("Page.printToPDF")
        case("it prints", len(pdf.get("data", "")) > 10_000)

        tools.call("Page.navigate", url=f"http://127.0.0.1:{server.server_port}/page.html")
        tools.until("location.protocol === 'http:' && document.readyState === 'complete' && !!document.querySelector('#people')")
        tools.evaluate(click % 1)
        network = [url for url in requested if not url.startswith("file://")]
        case("nothing is loaded but the page", [one for one in server.asked if one != "/favicon.ico"] == ["/page.html"] and
             len([url for url in requested if not url.endswith("favicon.ico")]) == 2, (server.asked, network))
        crowd(tools, program, clean, place.name, appearance, click)
        said = [one for one in said if "favicon" not in json.dumps(one)]
        case("the console is silent", said == [], said)
    print(f"{ran} of {EXPECTED} cases of the page ran")
    if ran != EXPECTED:
        raise SystemExit(f"expected {EXPECTED} cases")


main()
