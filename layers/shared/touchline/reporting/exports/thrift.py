"""Just enough of Thrift's compact protocol to write Parquet's page headers and footer.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12


class I64(int):
    """A number of 64 bits; a plain int is one of 32."""


Value: TypeAlias = int | str | Sequence[Any] | Mapping[int, Any]
"""A struct is a mapping of field numbers to values; None is a field that is left out."""


def struct(fields: Mapping[int, Value | None]) -> bytes:
    """The fields in order of their numbers."""
    out, before = bytearray(), 0
    for number, value in sorted(fields.items()):
        if value is None:
            continue
        step, kind = number - before, _kind(value)
        out += bytes([step << 4 | kind]) if step < 16 else bytes([kind]) + _zigzag(number)
        out += _written(value)
        before = number
    return bytes(out) + b"\0"


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _kind(value: Value) -> int:
    if isinstance(value, int):
        return _I64 if isinstance(value, I64) else _I32
    if isinstance(value, str):
        return _BINARY
    return _STRUCT if isinstance(value, Mapping) else _LIST


def _written(value: Value) -> bytes:
    if isinstance(value, int):
        return _zigzag(value)
    if isinstance(value, str):
        text = value.encode()
        return varint(len(text)) + text
    if isinstance(value, Mapping):
        return struct(value)
    kind = _kind(value[0]) if value else _STRUCT
    size = len(value)
    head = bytes([size << 4 | kind]) if size < 15 else bytes([0xF0 | kind]) + varint(size)
    return head + b"".join(map(_written, value))


def _zigzag(number: int) -> bytes:
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)
