"""Declared values as people read and write them, in YAML and over the Admin API.

The form follows from the model's field names, so that a field added there can be declared at once:

| model | outside |
|---|---|
| `fixed_micros: 4_500_000` | `fixed: "4.50"` |
| `percent_ppm: 50_000` | `percent: "5%"` |
| `minimum_seconds: 86_400` | `minimum_seconds: 1d` or 86400 |
| `expires_at: 1767225600000` | `expires_at: 2026-01-01T00:00:00Z` or the milliseconds |
| a secret | `sha256:` and 16 digits, which written back mean "as it is" |
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from touchline.kernel.clock import iso
from touchline.kernel.money import micros_of, plain
from touchline.registry.model import SECRET_OPTIONS, Account, EventDefinition

RENAMED: Mapping[tuple[type, str], str] = {(EventDefinition, "created_at"): "valid_from"}
READ_ONLY: frozenset[tuple[type, str]] = frozenset({(EventDefinition, "names")})
"""Kept by us: shown, never declared."""
SECRETS = frozenset({"value", "secret"})
"""Fields (of secrets and signing keys) whose text is never shown again."""
FINGERPRINT = re.compile(r"sha256:[0-9a-f]{16}")
PPM = 10_000
"""Parts per million in one percent."""

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"(\d{1,6})([smhd])")


def form_of(name: str) -> str:
    """How a field's value is written outside: micros, ppm, seconds, at, or plain."""
    if name == "windows":
        return "seconds"
    ending = name.rpartition("_")[2]
    return ending if ending in {"micros", "ppm", "seconds", "at"} else "plain"


def outside_name(kind: type, name: str) -> str:
    """What a field is called outside: `outside_name(Tier, "fixed_micros") == "fixed"`."""
    if (kind, name) in RENAMED:
        return RENAMED[kind, name]
    return name.removesuffix("_micros").removesuffix("_ppm")


def outside(value: Any, *, form: str = "plain") -> Any:
    """A declared value in its outside form, secrets as fingerprints."""
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        return {
            outside_name(kind, one.name): fingerprint(getattr(value, one.name))
            if one.name in SECRETS
            else outside(getattr(value, one.name), form=form_of(one.name))
            for one in fields(value)
        }
    if isinstance(value, Mapping):
        return {
            str(key): fingerprint(inner) if key in SECRET_OPTIONS else outside(inner, form=form)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [outside(inner, form=form) for inner in value]
    if isinstance(value, StrEnum):
        return value.value
    return _written(value, form) if type(value) is int else value


def fingerprint(secret: str) -> str:
    """Names a secret without telling it: `sha256:` and 16 digits ("" stays "").

    A sealed secret (platform.sealing) carries the digits of what was sealed.
    """
    if not secret or FINGERPRINT.fullmatch(secret):
        return secret
    if secret.startswith("sealed:"):
        return "sha256:" + secret.split(":")[2]
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()[:16]


def declarable(kind: type, said: Mapping[str, Any]) -> dict[str, Any]:
    """The outside form without what is read only."""
    hidden = {outside_name(kind, name) for owner, name in READ_ONLY if owner is kind}
    told = {name: value for name, value in said.items() if name not in hidden}
    if kind is Account and isinstance(told.get("rules"), Mapping):
        told["rules"] = {name: v for name, v in told["rules"].items() if name != "version"}
    return told


def read_micros(said: Any) -> int:
    """Money: a number or decimal text. Raises ValueError."""
    return micros_of(_text_of_number(said))


def read_ppm(said: Any) -> int:
    """A share: `5%`, `"5"` or 5 (percent). Raises ValueError."""
    text = said.strip().removesuffix("%").strip() if isinstance(said, str) else said
    try:
        ppm = Decimal(_text_of_number(text)) * PPM
    except InvalidOperation as error:
        raise ValueError("not a percentage such as 5%") from error
    if not ppm.is_finite() or ppm != int(ppm) or not 0 <= ppm <= 100 * PPM:
        raise ValueError("a percentage is 0% to 100%, with at most four decimals")
    return int(ppm)


def read_seconds(said: Any) -> int:
    """A duration: seconds, or `45s`, `30m`, `12h`, `7d`. Raises ValueError."""
    if type(said) is int and 0 <= said <= 10 * 366 * 86_400:
        return said
    found = _DURATION.fullmatch(said.strip()) if isinstance(said, str) else None
    if found is None:
        raise ValueError("a duration is whole seconds or such as 45s, 30m, 12h, 7d")
    return int(found[1]) * _UNITS[found[2]]


def read_at(said: Any) -> int:
    """An instant: milliseconds since 1970, or ISO 8601 with its offset. Raises ValueError."""
    if type(said) is int and 0 <= said < 10**13:
        return said
    if isinstance(said, datetime):
        said = said.isoformat()
    if isinstance(said, str):
        moment = datetime.fromisoformat(said)
        if moment.tzinfo is not None:
            return round(moment.timestamp() * 1000)
    raise ValueError("an instant is milliseconds since 1970, or such as 2026-01-31T12:00:00Z")


READERS = {"micros": read_micros, "ppm": read_ppm, "seconds": read_seconds, "at": read_at}


def _written(value: int, form: str) -> Any:
    if form == "micros":
        return plain(value)
    if form == "ppm":
        return f"{(Decimal(value) / PPM).normalize():f}%"
    if form == "seconds":
        return _duration(value)
    return iso(value) if form == "at" and value > 0 else value


def _duration(seconds: int) -> Any:
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds // _UNITS[unit]}{unit}"
    return seconds


def _text_of_number(said: Any) -> str:
    if isinstance(said, bool) or not isinstance(said, str | int | float | Decimal):
        raise ValueError("not a number")  # noqa: TRY004 - one kind of error for a wrong value
    return str(said)
