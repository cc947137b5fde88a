"""A registry file: YAML, one document per account, read and checked before anything is asked."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from touchline.kernel.errors import Refused
from touchline.registry.contracts import parse
from touchline.registry.declare import with_all_windows
from touchline.registry.external import declarable, outside
from touchline.registry.kinds import ACCOUNT, THINGS, Kind
from touchline.registry.model import Account
from touchline.registry.plan import Wanted

SECTIONS = (ACCOUNT.name, *(kind.plural for kind in THINGS), "tokens")


class UnreadableFile(Exception):
    """The file cannot be read as YAML of our form; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One document: an account, the things it wants, the tokens it needs."""

    account: str
    wanted: tuple[Wanted, ...]
    tokens: tuple[Mapping[str, Any], ...]


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key named twice instead of forgetting the first."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    twice = sorted({str(key) for key in keys if keys.count(key) > 1})
    if twice:
        raise yaml.constructor.ConstructorError(
            None, None, f"`{twice[0]}` is named twice", node.start_mark
        )
    return {
        key: loader.construct_object(value, deep=True)
        for key, (_, value) in zip(keys, node.value, strict=True)
    }


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_file(path: Path) -> list[Declared]:
    """Every account of a file. Raises UnreadableFile, and Refused for what cannot be declared."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path}: not UTF-8 at byte {error.start}") from error
    return read_text(text, str(path))


def read_text(text: str, name: str) -> list[Declared]:
    """Every account of a text. Raises as `read_file`."""
    try:
        documents = list(yaml.load_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        raise UnreadableFile(f"{name}: {_where(error)}") from error
    found = [_declared(document, name) for document in documents if document is not None]
    if not found:
        raise UnreadableFile(f"{name}: it declares nothing")
    return found


def _declared(document: Any, name: str) -> Declared:
    if not isinstance(document, dict):
        raise UnreadableFile(f"{name}: each document is a mapping with `account`, `events`, …")
    for section in document:
        if section not in SECTIONS:
            near = difflib.get_close_matches(str(section), SECTIONS)
            hint = f", did you mean `{near[0]}`?" if near else f": known are {', '.join(SECTIONS)}"
            raise UnreadableFile(f"{name}: unknown section `{section}`{hint}")
    account = document.get(ACCOUNT.name)
    if isinstance(account, str):
        account = {"id": account}
    wanted = [_wanted(ACCOUNT, account, ACCOUNT.name)]
    for kind in THINGS:
        things = _list(document, kind.plural, name)
        wanted += [_wanted(kind, said, f"{kind.plural}[{at}]") for at, said in enumerate(things)]
    _check_once(wanted)
    tokens = tuple(_token(said, at) for at, said in enumerate(_list(document, "tokens", name)))
    return Declared(wanted[0].thing, tuple(wanted), tokens)


def _wanted(kind: Kind, said: Any, place: str) -> Wanted:
    try:
        value = parse(kind, said)
    except Refused as error:
        raise Refused(error.code, f"{place}: {error.detail}", field=error.field) from error
    if isinstance(value, Account):
        value = with_all_windows(value)
    shown = declarable(kind.model, outside(value))
    stated = {name: _sendable(inner) for name, inner in said.items()}
    return Wanted(kind, getattr(value, kind.key), shown, stated)


def _sendable(said: Any) -> Any:
    """YAML's own instants as text, the rest as it is."""
    if isinstance(said, Mapping):
        return {str(name): _sendable(inner) for name, inner in said.items()}
    if isinstance(said, list):
        return [_sendable(inner) for inner in said]
    return said.isoformat() if hasattr(said, "isoformat") else said


def _list(document: Mapping[str, Any], section: str, name: str) -> list[Any]:
    found = document.get(section) or []
    if not isinstance(found, list):
        raise UnreadableFile(f"{name}: `{section}` is a list")
    return found


def _token(said: Any, at: int) -> Mapping[str, Any]:
    if not isinstance(said, dict) or not isinstance(said.get("name"), str):
        raise Refused("bad_field", f"tokens[{at}]: a mapping with `name` and `scopes`")
    return {str(name): _sendable(inner) for name, inner in said.items()}


def _check_once(wanted: list[Wanted]) -> None:
    seen: set[tuple[str, str]] = set()
    for one in wanted:
        key = (one.kind.name, one.thing)
        if key in seen:
            raise Refused("bad_field", f"{one.kind.name} {one.thing} is declared twice")
        seen.add(key)


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or error)
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem
