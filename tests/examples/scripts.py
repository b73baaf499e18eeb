"""Runs every block of docs/test-your-scripts.md in its order, in one folder, and compares what it prints with the block of
text below it. Says how many ran: a page that lost its blocks is not green."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

EXPECTED = 9
RUN = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"], "js": ["node", "-e"]}


def blocks(page):
    found = re.findall(r"^```(\w+)\n(.*?)^```$", page, re.M | re.S)
    for number, (language, text) in enumerate(found):
        if language == "text":
            continue
        after = found[number + 1] if number + 1 < len(found) else ("", "")
        yield language, text, after[1] if after[0] == "text" else ""


def main(program, page):
    page = pathlib.Path(page).read_text(encoding="utf-8")
    ran = 0
    with tempfile.TemporaryDirectory() as place:
        tools = pathlib.Path(place, "bin")
        tools.mkdir()
        (tools / "mfactl").symlink_to(os.path.abspath(program))
        # Nothing of whoever runs this is meant.
        clean = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": place, "TZ": "UTC", "LANG": "C.UTF-8"}
        try:
            for language, text, expected in blocks(page):
                done = subprocess.run([*RUN[language], text], cwd=place, env=clean, stdin=subprocess.DEVNULL, timeout=120,
                                      stdout=subprocess.PIPE, stderr=open(f"{place}/said", "w"), text=True, check=False)
                if done.returncode or done.stdout != expected:
                    said = pathlib.Path(place, "said").read_text()
                    sys.exit(f"this block ends with {done.returncode}:\n{text}\nprints:\n{done.stdout}\nnot:\n{expected}\n{said}")
                ran += 1
        finally:
            # What a block left running, by the id that it wrote down.
            left = pathlib.Path(place, "server.pid")
            if left.exists():
                try:
                    os.kill(int(left.read_text()), signal.SIGTERM)
                except (ProcessLookupError, ValueError):
                    pass
    print(f"{ran} of {EXPECTED} blocks of the page ran")
    if ran != EXPECTED:
        sys.exit(f"expected {EXPECTED}")


main(*sys.argv[1:])
