"""Sub-IDs go into reports, so no personal data may stay in them. Pure."""

import re
from collections.abc import Mapping

MASKED = "masked_personal"
_EMAIL = re.compile(r"[^\s@,;|:=/?&]+(?:@|%40)[^\s@,;|:=/?&]+\.[^\s@,;|:=/?&.]+", re.IGNORECASE)


def masked(subs: Mapping[str, str]) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The sub-IDs with every email address as `[email]`, and the remark if there was one."""
    hidden = {name: _EMAIL.sub("[email]", value) for name, value in subs.items()}
    return (subs, ()) if hidden == subs else (hidden, (MASKED,))
