"""A bucket in memory, and a workflow that notes what was started."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode


class MemoryBucket:
    """Keeps files by their keys. `fail` makes the next uploads raise."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.base = "https://bucket.test"
        self._errors: list[Callable[[], Exception]] = []

    def fail(self, error: Callable[[], Exception], times: int = 1) -> None:
        """Let the next `times` uploads raise."""
        self._errors += [error] * times

    def upload(self, path: Path, key: str, content_type: str) -> None:
        if self._errors:
            raise self._errors.pop()()
        self.files[key] = path.read_bytes()
        self.types[key] = content_type

    def link(self, key: str, name: str, seconds: int) -> str:
        return f"{self.base}/{key}?{urlencode({'name': name, 'seconds': seconds})}"


class NotedFlow:
    """Notes what it was asked to start, and does `then`; `error` is raised instead, if any."""

    def __init__(self) -> None:
        self.started: list[Mapping[str, Any]] = []
        self.error: Callable[[], Exception] | None = None
        self.then: Callable[[], object] = lambda: None

    def start(self, given: Mapping[str, Any]) -> str:
        if self.error is not None:
            raise self.error()
        self.started.append(given)
        self.then()
        return "an execution"
