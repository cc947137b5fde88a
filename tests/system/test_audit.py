"""Known holes in what is deployed: found, not found, or the service does not answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from local.audit import Audit, audit, told
from local.machine import free_port

HOLE = {
    "id": "GHSA-0000-0000-0000",
    "summary": "a hole for a test",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "numpy"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.9"}]}],
        }
    ],
}


@pytest.fixture
def locked(tmp_path: Path) -> list[Path]:
    """Two packages, pinned as the lists of the project are."""
    pins = [f"{name}==1.0 --hash=sha256:{'0' * 64}" for name in ("numpy", "orjson")]
    file = tmp_path / "locked.txt"
    file.write_text("\n".join(pins) + "\n", encoding="utf-8")
    return [file]


@contextmanager
def service(status: int, by_package: dict[str, object]) -> Iterator[str]:
    """An advisory service on this machine; the URL to ask."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps(by_package.get(asked["package"]["name"], {})).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Keep the test's output to itself."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_known_hole_is_named_with_the_version_that_mends_it(locked: list[Path]) -> None:
    with service(200, {"numpy": {"vulns": [HOLE]}}) as url:
        found = audit(locked, url)
    assert found.holes == ("numpy 1.0: GHSA-0000-0000-0000, mended in 9.9",)
    assert told(found, must_answer=False) == 1


def test_without_holes_it_is_well(locked: list[Path]) -> None:
    with service(200, {}) as url:
        found = audit(locked, url)
    assert found == Audit(packages=2)
    assert told(found, must_answer=True) == 0


@pytest.mark.parametrize("status", [None, 500], ids=["nobody listens", "it fails"])
def test_a_service_that_does_not_answer_fails_only_who_insists(
    locked: list[Path], status: int | None
) -> None:
    if status is None:
        found = audit(locked, f"http://127.0.0.1:{free_port(0)}/v1/query")
    else:
        with service(status, {}) as url:
            found = audit(locked, url)
    assert found.unknown
    assert "\n" not in found.unknown
    assert told(found, must_answer=False) == 0
    assert told(found, must_answer=True) == 1
