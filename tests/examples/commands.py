"""Runs every command of the examples without a profile: the program must understand it, and say only that."""

import json
import os
import shlex
import subprocess
import sys

import yaml

# What is said of a command line that is understood, where there is no profile, no database and no file.
FINE = {"no_profile", "not_signed_in", "file_unreadable", "unavailable", "not_found"}


def commands(node):
    if isinstance(node, dict):
        if isinstance(node.get("args"), list):
            yield [str(word) for word in node["args"]]
        for line in [node["run"]] if isinstance(node.get("run"), str) else []:
            words = shlex.split(line.split(" > ")[0].replace("${{ matrix.part }}", "1"))
            if words[0] == "mfactl":
                yield [word.replace("$MFACTL_TICKET", "INC1").replace("$PEOPLE", "3") for word in words[1:]]
        for value in node.values():
            yield from commands(value)
    elif isinstance(node, list):
        for value in node:
            yield from commands(value)


def main(program, *files):
    environment = {"HOME": "/nonexistent", "PATH": os.environ["PATH"], "JOB_COMPLETION_INDEX": "0"}
    count = 0
    for file in files:
        found = 0
        with open(file, encoding="utf-8") as text:
            for document in yaml.safe_load_all(text):
                for words in commands(document):
                    if "work" in words:
                        words = words + ["--store", "postgres://nobody@127.0.0.1:1/nothing"]
                    words = [word for word in words if word not in ("-o", "ndjson", "json")]
                    words = ["part-1/x.db" if word == "part-*/*.db" else word for word in words]
                    ran = subprocess.run(
                        [program, *words, "-o", "json"], capture_output=True, text=True, env=environment, check=False
                    )
                    last = (ran.stderr.splitlines() or [""])[-1]
                    code = json.loads(last)["error"]["code"] if last.startswith("{") else None
                    print(f"{file}: mfactl {shlex.join(words)}: {code}")
                    if code not in FINE:
                        sys.exit(f"not understood:\n{ran.stderr}")
                    found += 1
        if not found:
            sys.exit(f"{file}: no command was found")
        count += found
    print(f"{count} commands are understood")


main(*sys.argv[1:])
