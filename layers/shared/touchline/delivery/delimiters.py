"""Templates pasted from other systems: every placeholder delimiter becomes `{name}`.

Understood: `{x} {{x}} ##x## [x] #x# ${x} %x% (x) ${(x)!} [[x]]`. Where a delimiter has another
meaning in URLs (`%x%`, `#x#`, `[x]`, `(x)`), it counts only around a name that is a macro, an alias
of one, or one slip away from one.
"""

import re
from difflib import get_close_matches

from touchline.delivery.macros import ALIASES, MACROS

_NAME = r"([A-Za-z_][A-Za-z0-9_]*)"
_PLAIN = (
    # delimiters that mean nothing else in a URL; the longer forms first
    re.compile(r"\$\{\(\s*" + _NAME + r"\s*\)!?\}"),
    re.compile(r"\$\{\s*" + _NAME + r"\s*\}"),
    re.compile(r"\{\{\s*" + _NAME + r"\s*\}\}"),
    re.compile(r"\[\[\s*" + _NAME + r"\s*\]\]"),
    re.compile(r"##\s*" + _NAME + r"\s*##"),
)
_GUARDED = (
    re.compile(r"#" + _NAME + r"#"),
    re.compile(r"%" + _NAME + r"%"),
    re.compile(r"\[" + _NAME + r"\]"),
    re.compile(r"(?<!date)(?<!default)(?<!map)\(" + _NAME + r"\)"),
)


def canonical(pasted: str) -> str:
    """The same template with every placeholder as `{name}`; already canonical text is unchanged."""
    text = pasted.strip()
    for pattern in _PLAIN:
        text = pattern.sub(lambda found: "{" + found[1] + "}", text)
    for pattern in _GUARDED:
        text = pattern.sub(_if_macro, text)
    return text


def nearest(name: str) -> str:
    """The macro that was probably meant: the same in another case, an alias, or a slip away."""
    lower = name.lower()
    if lower in MACROS:
        return lower
    if lower in ALIASES:
        return ALIASES[lower]
    squeezed = {known.replace("_", ""): known for known in MACROS}
    if lower.replace("_", "") in squeezed:
        return squeezed[lower.replace("_", "")]
    close = get_close_matches(lower, list(MACROS), n=1, cutoff=0.75)
    return close[0] if close else ""


def _if_macro(found: re.Match[str]) -> str:
    return "{" + found[1] + "}" if nearest(found[1]) else found[0]
