"""URL and body templates: `https://example.net/pb?cid={partner_click_id}&sum={payout}`.

A macro is `{name}` with functions after bars. A value goes in once, encoded once, and is never
read as a template again; that a hostile value adds no parameter, changes no host and no path
depth holds because only unreserved characters survive encoding (RFC 3986 §2.3).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape

from touchline.delivery.functions import RAW, apply

Facts = Mapping[str, str]
"""The values of macros by name; a missing one is empty."""

_CALL = r"\|\s*[A-Za-z0-9_]+\s*(?:\([^(){}|]*\))?\s*"
MACRO = re.compile(r"\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*((?:" + _CALL + r")*)\}")
_ONE_CALL = re.compile(r"\|\s*([A-Za-z0-9_]+)\s*(?:\(([^()]*)\))?")
_TRIPLET = re.compile(r"%[0-9A-Fa-f]{2}")
_DOTS = re.compile(r"(?:\.|%2[Ee]){1,2}")


@dataclass(frozen=True, slots=True)
class Call:
    """One function of a macro."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Macro:
    """A placeholder, where it stands in the text, and the functions its value goes through."""

    name: str
    calls: tuple[Call, ...]
    position: int


Part = str | Macro
Encode = Callable[[str], str]


def parse(text: str) -> tuple[Part, ...]:
    """The literal pieces and the macros of a template, in order. Joining them loses nothing."""
    parts: list[Part] = []
    at = 0
    for found in MACRO.finditer(text):
        if found.start() > at:
            parts.append(text[at : found.start()])
        parts.append(Macro(found[1], _calls(found[2]), found.start()))
        at = found.end()
    if at < len(text):
        parts.append(text[at:])
    return tuple(parts)


def macros_of(text: str) -> tuple[Macro, ...]:
    """The macros of a template, in order."""
    return tuple(part for part in parse(text) if isinstance(part, Macro))


def render_url(template: str, facts: Facts) -> str:
    """The URL of a template. A path segment that values would turn into dots becomes empty."""
    head, path, tail = _regions(template)
    return head + _render_path(path, facts) + _render(tail, facts, percent)


def render_body(template: str, facts: Facts, content_type: str) -> str:
    """The body of a template; values are escaped as the content type asks."""
    return _render(template, facts, _encoder(content_type))


def render_header(template: str, facts: Facts) -> str:
    """A header's value: printable ASCII passes, anything else (CR, LF) is percent-encoded."""
    return _render(
        template, facts, lambda value: quote(value, safe="".join(map(chr, range(32, 127))))
    )


def percent(value: str) -> str:
    """Percent-encode all but unreserved characters; lone surrogates become U+FFFD."""
    return quote(value.encode("utf-8", "replace"), safe="")


def percent_raw(value: str) -> str:
    """Percent-encode, but leave the triplets that the value has: it came encoded already."""
    out, at = [], 0
    for found in _TRIPLET.finditer(value):
        out += [percent(value[at : found.start()]), found[0]]
        at = found.end()
    return "".join([*out, percent(value[at:])])


def _regions(template: str) -> tuple[str, str, str]:
    """Scheme with authority, path, and query with its question mark."""
    start = template.find("://")
    start = 0 if start < 0 else start + 3
    slash = min((i for i in (template.find(c, start) for c in "/?#") if i >= 0), default=-1)
    if slash < 0:
        return template, "", ""
    query = _outside_macros(template, "?", slash)
    return template[:slash], template[slash:query], template[query:]


def _outside_macros(text: str, wanted: str, start: int) -> int:
    inside = [(found.start(), found.end()) for found in MACRO.finditer(text)]
    for index in range(start, len(text)):
        if text[index] == wanted and not any(a <= index < b for a, b in inside):
            return index
    return len(text)


def _render_path(path: str, facts: Facts) -> str:
    segments: list[str] = [""]
    made = [False]
    for part in parse(path):
        if isinstance(part, Macro):
            segments[-1] += _value(part, facts, percent)
            made[-1] = True
            continue
        first, *others = part.split("/")
        segments[-1] += first
        segments += others
        made += [False] * len(others)
    safe = (
        "" if from_value and _DOTS.fullmatch(segment) else segment
        for segment, from_value in zip(segments, made, strict=True)
    )
    return "/".join(safe)


def _render(template: str, facts: Facts, encode: Encode) -> str:
    return "".join(
        part if isinstance(part, str) else _value(part, facts, encode) for part in parse(template)
    )


def _value(macro: Macro, facts: Facts, encode: Encode) -> str:
    value = facts.get(macro.name, "")
    currency = facts.get("payout_currency" if macro.name == "payout" else "currency", "")
    for call in macro.calls:
        value = apply(call.name, value, call.arguments, currency)
    if encode is percent and any(call.name == RAW for call in macro.calls):
        return percent_raw(value)
    return encode(value)


def _calls(text: str) -> tuple[Call, ...]:
    return tuple(Call(found[1], _arguments(found[2])) for found in _ONE_CALL.finditer(text))


def _arguments(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(argument.strip() for argument in text.split(","))


def _encoder(content_type: str) -> Encode:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return percent
    if kind.endswith(("/json", "+json")):
        return lambda value: json.dumps(value)[1:-1]
    if kind.endswith(("/xml", "+xml", "/html")):
        return lambda value: escape(value, {'"': "&quot;", "'": "&apos;"})
    return lambda value: value
