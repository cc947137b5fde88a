"""Declared values as documents of strings, integers, lists and maps, and back.

Driven by the dataclasses of the model, so that a field added there is stored at once. Everything
is written, defaults too: a default that changes later must not change what was declared before.
A field that a stored document lacks gets its default; one that the model no longer has is dropped.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, NewType, TypeVar, Union, get_args, get_origin

Kind = TypeVar("Kind")


def document(value: Any) -> Any:
    """The value as strings, integers, booleans, None, lists and maps."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: document(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): document(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [document(inner) for inner in value]
    return value.value if isinstance(value, StrEnum) else value


def value_of(kind: type[Kind], said: Mapping[str, Any]) -> Kind:
    """The value that a document stands for. Raises ValueError for what the model cannot hold."""
    declared: Any = kind
    read: Kind = _reader(declared)(said)
    return read


def plain_type(declared: Any) -> Any:
    """The type under NewType and `| None`."""
    while isinstance(declared, NewType):
        declared = declared.__supertype__
    if get_origin(declared) in {Union, types.UnionType}:
        inner = [one for one in get_args(declared) if one is not type(None)]
        return plain_type(inner[0])
    return declared


@cache
def _reader(declared: Any) -> Callable[[Any], Any]:
    plain = plain_type(declared)
    read = _plain_reader(plain)
    if plain is declared or isinstance(declared, NewType):
        return read
    return lambda said: None if said is None else read(said)


def _plain_reader(plain: Any) -> Callable[[Any], Any]:
    if is_dataclass(plain) and isinstance(plain, type):
        return _dataclass_reader(plain)
    if isinstance(plain, type) and issubclass(plain, StrEnum):
        return plain
    arguments = get_args(plain)
    if get_origin(plain) is tuple:
        one = _reader(arguments[0])
        return lambda said: tuple(one(inner) for inner in said)
    if arguments and len(arguments) == 2:
        inner = _reader(arguments[1])
        return lambda said: {str(key): inner(value) for key, value in said.items()}
    return lambda said: said


def _dataclass_reader(kind: type) -> Callable[[Any], Any]:
    types_of: list[tuple[str, Any]] = [(one.name, one.type) for one in fields(kind)]
    known = [(name, _reader(declared)) for name, declared in types_of]
    needed = {
        one.name
        for one in fields(kind)
        if one.default is MISSING and one.default_factory is MISSING
    }

    def read(said: Mapping[str, Any]) -> Any:
        if missing := needed - said.keys():
            raise ValueError(f"{kind.__name__} lacks {sorted(missing)}")
        return kind(**{name: reader(said[name]) for name, reader in known if name in said})

    return read
