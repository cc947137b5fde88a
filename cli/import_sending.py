"""Sending lines to `POST /batch`: patient with a busy server, honest about what it answered."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cli.conversions_csv import Batches, Line
from cli.import_journal import NOT_SENT, Fate

TRIES = 6
LONGEST_WAIT_SECONDS = 60
BUSY = frozenset({429, 502, 503, 504})


class Stopped(Exception):
    """The server cannot be used: the text says why. What was answered before is in the journal."""


class Answer(Protocol):
    """What came back."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case."""

    @property
    def body(self) -> bytes:
        """The bytes."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends batches. `post` raises OSError when nothing answers; `sleep` takes seconds."""

    post: Callable[[bytes], Answer]
    sleep: Callable[[float], None]

    def send(self, lines: Sequence[Line], most: int) -> Iterator[list[Fate]]:
        """The fates of the lines, batch by batch. Raises Stopped."""
        unsendable = [line for line in lines if line.problem]
        if unsendable:
            yield [
                _fate(line, {"outcome": NOT_SENT, "detail": line.problem}) for line in unsendable
            ]
        sized = ((line, len(_dumped(line))) for line in lines if not line.problem)
        for batch in Batches(most).cut(sized):
            yield self._batch(batch)

    def _batch(self, batch: Sequence[Line]) -> list[Fate]:
        body = b'{"items": [' + b",".join(_dumped(line) for line in batch) + b"]}"
        answer = self._answered(body)
        if answer.status != 200:
            raise Stopped(_why(answer))
        results = _results(answer, len(batch))
        if len(results) != len(batch):
            raise Stopped(f"{len(results)} results for {len(batch)} lines: is this Touchline?")
        return [_fate(line, result) for line, result in zip(batch, results, strict=True)]

    def _answered(self, body: bytes) -> Answer:
        for attempt in range(TRIES):
            try:
                answer = self.post(body)
            except OSError as error:
                if attempt == TRIES - 1:
                    raise Stopped(f"nothing answers: {error}") from error
                self.sleep(2**attempt)
                continue
            if answer.status not in BUSY or attempt == TRIES - 1:
                return answer
            self.sleep(_wait(answer, attempt))
        raise Stopped("nothing answers")


def _dumped(line: Line) -> bytes:
    return json.dumps(dict(line.item), ensure_ascii=False).encode()


def _wait(answer: Answer, attempt: int) -> float:
    said = answer.headers.get("retry-after", "")
    seconds = int(said) if said.isascii() and said.isdigit() else 2**attempt
    return min(seconds, LONGEST_WAIT_SECONDS)


def _results(answer: Answer, expected: int) -> list[Mapping[str, Any]]:
    """One result per line; a request that was spilled whole has one for all its lines."""
    try:
        said = json.loads(answer.body)
        if said.get("outcome") == "spilled":
            return [said] * expected
        return [result for result in said["results"] if isinstance(result, dict)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _fate(line: Line, result: Mapping[str, Any]) -> Fate:
    error = result.get("error") or {}
    codes = result.get("reasons") or ([error["code"]] if "code" in error else [])
    return Fate(
        line=line.number,
        digest=line.digest,
        outcome=str(result.get("outcome", "")),
        conversion_id=str(result.get("conversion_id") or line.item.get("conversion_id", "")),
        receipt=str(result.get("receipt") or ""),
        reasons=" ".join(str(code) for code in codes),
        detail=str(result.get("detail") or error.get("message") or ""),
    )


def _why(answer: Answer) -> str:
    """The server's own words, else the status."""
    try:
        error = json.loads(answer.body)["error"]
        return f"{answer.status} {error['code']}: {error['message']} {error['hint']}"
    except (ValueError, KeyError, TypeError):
        return f"the server answered {answer.status}"
