"""JSON as senders mean it: no NaN, no key twice, no half characters; decimals stay exact."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from touchline.kernel.errors import Refused

_GZIP = b"\x1f\x8b"
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def parse(body: bytes) -> Any:
    """The value of a JSON text; numbers with a point are Decimal.

    Raises Refused `malformed_json`, `bad_encoding`, `duplicate_key` or `not_a_number`.
    """
    if body.startswith(_GZIP):
        raise Refused("malformed_json", "it is compressed; send it plain")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("bad_encoding", f"not UTF-8 at byte {error.start}") from error
    try:
        value = json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_no_key_twice,
        )
    except RecursionError as error:
        raise Refused("malformed_json", "nested too deeply") from error
    except ValueError as error:
        raise Refused("malformed_json", _where(error)) from error
    if _HALF.search(body):
        _check_characters(value)
    return value


def parse_object(body: bytes) -> dict[str, Any]:
    """The object of a JSON text. Raises Refused as `parse`; anything else is `malformed_json`."""
    value = parse(body)
    if not isinstance(value, dict):
        raise Refused("malformed_json", "an object is expected")
    return value


def dump(value: object) -> bytes:
    """JSON text of a parsed value; a Decimal becomes a string with the digits as they came."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def _no_constant(name: str) -> NoReturn:
    raise Refused("not_a_number", name)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused("duplicate_key", field=twice[:64])
    return found


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno} column {error.colno}"
    return "a number of too many digits"


def _check_characters(value: Any) -> None:
    """Half surrogates (`\\ud800` alone) are no characters and cannot be stored."""
    match value:
        case str():
            if not _is_sound(value):
                raise Refused("bad_encoding", "half of a surrogate pair")
        case dict():
            for name, inner in value.items():
                _check_characters(name)
                _check_characters(inner)
        case list():
            for inner in value:
                _check_characters(inner)


def _is_sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
