"""The live preview: a small web server for one design, on the loopback interface unless told otherwise.

It answers four addresses, `GET` only: the page, a picture, the stream of changes, and an icon that is empty. A request
must name a host that the server was started for and, where it says where it comes from, come from there; so no other
web site can read the design through somebody's browser.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from cmxdsl.design import Design
from cmxdsl.outputs.report import Material, write_report
from cmxdsl.outputs.report.pictures import pictures

WAIT = 15.0  # seconds after which a silent stream says that it is alive
MOST = 32  # browsers that may follow at once


class Preview:
    """The newest design, the last one that could be drawn, and who wants to know of changes."""

    def __init__(self, load: Callable[[], Design]) -> None:
        self.load = load
        self.lock = threading.Lock()
        self.listeners: list[queue.Queue[str]] = []
        self.design = load()
        self.drawn = self.design
        self.pictures: dict[str, tuple[int, str]] = {}

    def reload(self) -> None:
        """Load again; where the new text has no design, the pictures stay those of the last that had one."""
        design = self.load()
        with self.lock:
            self.design = design
            if design.top is not None:
                self.drawn = design
                self.pictures.clear()
            for listener in self.listeners:
                listener.put("changed")

    def page(self) -> str:
        with self.lock:
            design, drawn = self.design, self.drawn
        material = Material(drawn.subject_if_any, design.diagnostics, design.sources, design.file, live=True)
        return write_report(material)

    def picture(self, key: str) -> tuple[int, str]:
        """Status and text of one picture, drawn when first asked for."""
        with self.lock:
            drawn = self.drawn
            if key in self.pictures:
                return self.pictures[key]
        found = next(iter(pictures(drawn.subject, {key})), None) if drawn.top is not None else None
        if found is None:
            return 404, "there is no such picture"
        answer = (200, found.svg) if found.svg else (404, found.note)
        with self.lock:
            if drawn is self.drawn:
                self.pictures[key] = answer
        return answer

    def listen(self) -> queue.Queue[str] | None:
        with self.lock:
            if len(self.listeners) >= MOST:
                return None
            self.listeners.append(queue.Queue())
            return self.listeners[-1]

    def leave(self, listener: queue.Queue[str]) -> None:
        with self.lock:
            self.listeners.remove(listener)


class _Handler(BaseHTTPRequestHandler):
    """What is answered; a server has a class of its own with its preview and its names."""

    preview: Preview
    hosts: tuple[str, ...]
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        if not self._meant():
            self._answer(403, "text/plain", "this server is for its own page only")
            return
        place = urlsplit(self.path)
        if place.path == "/":
            self._answer(200, "text/html", self.preview.page())
        elif place.path == "/figure":
            status, text = self.preview.picture(parse_qs(place.query).get("key", [""])[0])
            self._answer(status, "image/svg+xml" if status == 200 else "text/plain", text)
        elif place.path == "/events":
            self._follow()
        elif place.path == "/favicon.ico":
            self._answer(204, "text/plain", "")
        else:
            self._answer(404, "text/plain", "there is nothing here")

    def _meant(self) -> bool:
        """Whether a request is meant for this server: right `Host`, and no foreign `Origin`."""
        server = self.server
        assert isinstance(server, ThreadingHTTPServer)
        own = {f"{name}:{server.server_port}" for name in self.hosts}
        origin = self.headers.get("Origin")
        fine = origin is None or urlsplit(origin).netloc in own
        return self.headers.get("Host", "") in own and fine and self.headers.get("Sec-Fetch-Site") != "cross-site"

    def _answer(self, status: int, kind: str, text: str) -> None:
        data = text.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _follow(self) -> None:
        listener = self.preview.listen()
        if listener is None:
            self._answer(503, "text/plain", f"{MOST} browsers follow already")
            return
        try:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            while True:
                try:
                    self.wfile.write(f"event: {listener.get(timeout=WAIT)}\ndata: 1\n\n".encode())
                except queue.Empty:
                    self.wfile.write(b": still here\n\n")
                self.wfile.flush()
        except OSError:  # the browser left
            return
        finally:
            self.preview.leave(listener)

    def log_message(self, format: str, *arguments: object) -> None:
        return


def server(preview: Preview, host: str, port: int) -> ThreadingHTTPServer:
    """A server for a preview; `port` 0 takes a free one. Raises OSError where the address cannot be had."""
    names = {"preview": preview, "hosts": (host, "127.0.0.1", "localhost")}
    made = ThreadingHTTPServer((host, port), type("Handler", (_Handler,), names))
    made.daemon_threads = True
    return made
