"""From a partner's parameters to ours, by its dialect and its own overrides."""

import re
from collections.abc import Mapping
from functools import lru_cache

from touchline.intake.envelope import SECRET_PARAMETERS
from touchline.intake.parameters import Parameters
from touchline.intake.presets import COMMON_STATUSES, DIALECTS, NATIVE
from touchline.kernel.errors import Refused
from touchline.kernel.values import dataclass
from touchline.registry.model import Partner

NEVER_KEPT = frozenset({*SECRET_PARAMETERS, "tl_sig", "tl_ts", "tl_exp", "tl_key"})
"""Credentials and signatures: no part of a conversion."""

SUBS = 20
_NUMBERED = re.compile(r"(.*?)([1-9][0-9]?)")


@dataclass(frozen=True, slots=True)
class Canonical:
    """A postback under our names. `extras` is what no map knows, under the sender's names."""

    fields: Mapping[str, str]
    subs: Mapping[str, str]
    extras: Mapping[str, str]
    status_lists: Mapping[str, str]
    remarks: tuple[str, ...] = ()


def canonical(parameters: Parameters, partner: Partner | None) -> Canonical:
    """Translate. Of two names for one thing the first that came counts; the other stays an extra.

    Raises Refused `bad_encoding` when a field that we must understand was not UTF-8.
    """
    dialect = partner.dialect if partner else "native"
    names = _names(dialect, tuple((partner.parameter_map if partner else {}).items()))
    lists = DIALECTS[dialect].status_lists if dialect in DIALECTS else {}
    fields: dict[str, str] = {}
    subs: dict[str, str] = {}
    extras: dict[str, str] = {}
    words: dict[str, str] = {}
    for theirs, value in parameters.values.items():
        ours = _ours(theirs, names)
        if theirs in NEVER_KEPT:
            continue
        if theirs in lists:
            words |= {word.strip().lower(): lists[theirs] for word in value.split(",")}
        elif ours.startswith("sub") and ours[3:].isdigit():
            subs.setdefault(ours, value)
        elif ours and ours not in fields:
            if theirs in parameters.broken:
                raise Refused("bad_encoding", "not UTF-8", field=theirs[:64])
            fields[ours] = value
        elif not ours or fields[ours] != value:
            extras[parameters.spelled.get(theirs, theirs)] = value
    return Canonical(fields, subs, extras, words, parameters.remarks)


def status_of(word: str, partner: Partner | None, lists: Mapping[str, str]) -> str | None:
    """What a status word means: by the URL's own lists, the partner, the dialect, common usage.

    None for a word that nobody explained.
    """
    key = word.strip().lower()
    own = {word.lower(): meaning for word, meaning in partner.status_map.items()} if partner else {}
    preset = DIALECTS.get(partner.dialect) if partner else None
    for words in (lists, own, preset.statuses if preset else {}, COMMON_STATUSES):
        if key in words:
            return words[key]
    return None


@lru_cache(maxsize=256)
def _names(dialect: str, overrides: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    preset = DIALECTS[dialect].parameters if dialect in DIALECTS else {}
    own = {theirs.lower(): ours for theirs, ours in overrides}
    return {**NATIVE, **preset, **own}


def _ours(theirs: str, names: Mapping[str, str]) -> str:
    if theirs in names:
        return names[theirs]
    numbered = _NUMBERED.fullmatch(theirs)
    if numbered is None or int(numbered[2]) > SUBS:
        return ""
    return names.get(f"{numbered[1]}*", "").replace("*", numbered[2])
