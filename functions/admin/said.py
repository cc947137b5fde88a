"""The fields of a body, each of its type or refused by its name."""

from collections.abc import Mapping
from typing import Any

from touchline.kernel.errors import Refused

LONGEST = 255


def text(said: Mapping[str, Any], name: str, longest: int = LONGEST) -> str:
    """A text, "" when it is left out or null. Raises Refused `bad_field`."""
    value = said.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused("bad_field", f"{name}: text is expected", field=name)
    if len(value) > longest:
        raise Refused("bad_field", f"{name}: at most {longest} characters", field=name)
    return value


def flag(said: Mapping[str, Any], name: str) -> bool:
    """A truth value, false when it is left out or null. Raises Refused `bad_field`."""
    value = said.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refused("bad_field", f"{name}: true or false", field=name)
    return bool(value)


def texts(said: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts, empty when it is left out or null. Raises Refused `bad_field`."""
    value = said.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refused("bad_field", f"{name}: a list of texts is expected", field=name)
    return value
