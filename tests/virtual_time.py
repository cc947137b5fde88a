"""An event loop whose time passes only while everything waits: hours in milliseconds, the same on
every machine. What would run in a thread runs at once and takes no time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Told = TypeVar("Told")


class _Jump(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Instead of waiting, lets the loop's time pass."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("everything waits, and nothing will ever happen")
        self.passed += max(timeout, 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time()` starts at 0."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.passed

    def run_in_executor(  # type: ignore[override]
        self, _: object, work: Callable[..., Told], *arguments: Any
    ) -> asyncio.Future[Told]:
        future: asyncio.Future[Told] = self.create_future()
        try:
            future.set_result(work(*arguments))
        except Exception as error:  # noqa: BLE001 - told to whoever waits for it, as by a thread
            future.set_exception(error)
        return future


def run(story: Coroutine[Any, Any, Told]) -> Told:
    """What comes of a story that takes place in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(story)
