"""A mail server that keeps what it is given: `mail.py FOLDER` writes each message into FOLDER under its recipient, and the port
that the system chose into `FOLDER.port`."""

import os
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 here")
        to, lines = "nobody", None
        for raw in self.rfile:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            word = line.upper()
            if lines is not None:
                if line != ".":
                    lines.append(line)
                    continue
                part = os.path.join(sys.argv[1], "." + to)
                with open(part, "w", encoding="utf-8") as file:
                    file.write("\n".join(lines))
                os.rename(part, os.path.join(sys.argv[1], to))
                lines = None
                self.say("250 kept")
            elif word.startswith("RCPT TO:"):
                to = line[8:].strip().strip("<>").replace("/", "_")
                self.say("250 well")
            elif word == "DATA":
                lines = []
                self.say("354 go on")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 well")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


server = Server(("127.0.0.1", 0), Session)
with open(sys.argv[1] + ".part", "w", encoding="utf-8") as file:
    file.write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".part", sys.argv[1] + ".port")
server.serve_forever()
