"""The parameters of a postback, read by one rule, whatever carries them.

The rule: the query comes first, then the fields of a form or the top level of a JSON object.
Names count without case. `+` and `%20` are blanks; blanks around a value do not count. An empty
value, or a macro that the sender did not expand (`{payout}`), counts as absent. Of repeats the
first value counts; another value is remarked. What is not UTF-8 is remarked, too.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from touchline.intake.strict_json import dump, parse
from touchline.kernel.errors import Refused
from touchline.kernel.values import dataclass
from touchline.ledger.model import Envelope

MAX_PARAMETERS = 300
_MACRO = re.compile(
    r"\{[\w.:-]+\}|\{\{[\w.: -]+\}\}|##[\w-]+##|\[[\w.-]+\]|#[\w-]+#|\$\{.+\}|%[A-Za-z]\w+%"
    r"|\([\w-]+\)|\[\[[\w.-]+\]\]"
)
"""The placeholders of every dialect, as they look when nobody filled them in."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Values by lower-case name, how the names were spelled, remarks, and the names whose bytes
    were not UTF-8."""

    values: Mapping[str, str]
    spelled: Mapping[str, str]
    remarks: tuple[str, ...] = ()
    broken: frozenset[str] = frozenset()


def parameters_of(envelope: Envelope) -> Parameters:
    """Read the parameters of a request.

    Raises Refused `too_many_parameters`, or for a JSON body what `strict_json.parse` raises.
    """
    values: dict[str, str] = {}
    spelled: dict[str, str] = {}
    remarks: dict[str, None] = {}
    broken: set[str] = set()
    for count, (name, value, sound) in enumerate(_pairs(envelope)):
        if count >= MAX_PARAMETERS:
            raise Refused("too_many_parameters", f"at most {MAX_PARAMETERS}")
        key, text = name.strip().lower(), value.strip()
        if not key or not text:
            continue
        if _MACRO.fullmatch(text):
            remarks["unexpanded_macro"] = None
        elif key not in values:
            values[key] = text
            spelled[key] = name.strip()
            if not sound:
                broken.add(key)
                remarks["bad_encoding"] = None
        elif values[key] != text:
            remarks["repeated_parameter"] = None
    return Parameters(values, spelled, tuple(remarks), frozenset(broken))


def _pairs(envelope: Envelope) -> Iterator[tuple[str, str, bool]]:
    yield from _encoded(envelope.raw_query.encode())
    body = envelope.body.strip()
    kind = envelope.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or (body[:1] == b"{" and "form" not in kind):
        if body:
            yield from _of_json(parse(body))
    elif body:
        yield from _encoded(body)


def _encoded(raw: bytes) -> Iterator[tuple[str, str, bool]]:
    for pair in raw.split(b"&"):
        name, _, value = pair.partition(b"=")
        text, sound = _decoded(value)
        yield _decoded(name)[0], text, sound


def _decoded(raw: bytes) -> tuple[str, bool]:
    plain = unquote_to_bytes(raw.replace(b"+", b" "))
    try:
        return plain.decode(), True
    except UnicodeDecodeError:
        return plain.decode(errors="replace"), False


def _of_json(value: Any) -> Iterator[tuple[str, str, bool]]:
    if not isinstance(value, dict):
        raise Refused("malformed_json", "an object is expected")
    for name, inner in value.items():
        yield name, _text(inner), True


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case dict() | list():
            return dump(value).decode()
    return str(value)
