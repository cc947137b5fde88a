"""The console's files, as the stack itself serves them: no other host, no inline script or style.

The page names its files under a version made of their content, so that browsers may keep them for
good and yet never mix two deployments.
"""

import gzip
import hashlib
from pathlib import Path
from types import MappingProxyType
from typing import Final

from touchline.kernel.errors import NotFound
from touchline.platform.http_api import Request, Response, Route, Router

TYPES: Final = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".svg": "image/svg+xml",
        ".md": "text/markdown; charset=utf-8",
        ".txt": "text/plain; charset=utf-8",
    }
)
POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
SAFE: Final = MappingProxyType(
    {
        "content-security-policy": POLICY,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }
)
FOR_GOOD: Final = "public, max-age=31536000, immutable"
PAGE: Final = "page"
FILE: Final = "file"
ROUTES: Final[Router[str]] = Router(
    [
        Route("GET", "/console", PAGE),
        Route("GET", "/console/{version}/{file}", FILE),
        Route("GET", "/console/{version}/{folder}/{file}", FILE),
    ]
)


def folder() -> Path:
    """Where the files lie: beside the functions in the bundle, above them in the sources."""
    here = Path(__file__).resolve()
    return next(up / "console" for up in here.parents if (up / "console" / "index.html").is_file())


class Console:
    """The files of one folder, read once."""

    def __init__(self, place: Path) -> None:
        self._files = {
            path.relative_to(place).as_posix(): path.read_bytes()
            for path in sorted(place.rglob("*"))
            if path.suffix in TYPES
        }
        self._packed: dict[str, bytes] = {}
        digest = hashlib.sha256()
        for name, content in self._files.items():
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        self.version = digest.hexdigest()[:12]

    def answer(self, request: Request) -> Response:
        """The page, or one of its files. Raises NotFound, MethodNotAllowed."""
        found = ROUTES.find(request.method, request.path)
        if found.route.target == PAGE:
            return self._page()
        folder_name, file = found.parameters.get("folder"), found.parameters["file"]
        name = f"{folder_name}/{file}" if folder_name else file
        return self._file(request, found.parameters["version"], name)

    def _page(self) -> Response:
        content = self._files["index.html"].replace(b"{version}", self.version.encode())
        headers = {"content-type": TYPES[".html"], "cache-control": "no-cache"}
        return Response(200, {**SAFE, **headers}, content)

    def _file(self, request: Request, version: str, name: str) -> Response:
        """Packed for browsers that can unpack it. Another version's file is not found: its page
        has to be loaded again anyway."""
        content = self._files.get(name)
        if content is None or version != self.version or name == "index.html":
            raise NotFound("not_found", "no such file of the console")
        headers = {
            **SAFE,
            "content-type": TYPES[name[name.rindex(".") :]],
            "cache-control": FOR_GOOD,
            "vary": "accept-encoding",
        }
        if "gzip" not in request.header("accept-encoding"):
            return Response(200, headers, content)
        if name not in self._packed:
            self._packed[name] = gzip.compress(content, mtime=0)
        return Response(200, {**headers, "content-encoding": "gzip"}, self._packed[name])
