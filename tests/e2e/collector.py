"""A site and a collector in one small server: serves pages and `/t.js`, keeps what it is sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = """<!doctype html><meta charset="utf-8"><title>{title}</title>
<link rel="icon" href="data:,"><script src="{script}" {attributes}></script>
<script>{inline}</script><a id="next" href="{next}">next</a>"""


@dataclass
class Collector:
    """`pages` by path; `sent` holds (path, site key, body) in the order of arrival."""

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    script: bytes = b""
    answers: list[int] = field(default_factory=list)  # statuses to answer with before 200
    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def add_page(self, path: str, inline: str = "", attributes: str = "", **stated: str) -> str:
        """A page with the script; its URL."""
        script = stated.get("script", f"{self.url}/t.js")
        self.pages[path] = PAGE.format(
            title=path,
            script=script,
            attributes=attributes or 'data-key="tl_site_1"',
            inline=inline,
            next=stated.get("next", ""),
        )
        return self.url + path

    def wait_for(self, how_many: int, seconds: float = 60) -> list[tuple[str, dict[str, Any]]]:
        """What was sent, once there are this many."""
        with self.arrived:
            enough = self.arrived.wait_for(lambda: len(self.sent) >= how_many, seconds)
            assert enough, f"{len(self.sent)} of {how_many} came: {self.sent}"
            return [(path, body) for path, _, body in self.sent]


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector on a free port of this machine."""
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/t.js":
                self._answer(200, "text/javascript", found.script)
            elif path in found.pages:
                self._answer(200, "text/html; charset=utf-8", found.pages[path].encode())
            else:
                self._answer(404, "text/plain", b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            parts = urlsplit(self.path)
            status = found.answers.pop(0) if found.answers else 200
            self._answer(status, "application/json", b"{}")
            with found.arrived:
                key = parse_qs(parts.query).get("site_key", [""])[0]
                found.sent.append((parts.path, key, json.loads(body)))
                found.arrived.notify_all()

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.send_header("access-control-allow-origin", "*")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
            """Keep the test's output to itself."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
