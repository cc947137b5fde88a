"""What is free text to us may hold a person: sub-IDs go into reports, parameters and attributes are
shown to operators. So email addresses and phone numbers in them are masked on arrival. Pure."""

import re
from collections.abc import Mapping

MASKED = "masked_personal"
SENT_ON = frozenset({"referrer_name", "referrer_email", "referee_name", "referee_email"})
"""Parameters that are declared personal: the referral webhook sends them on, where its endpoint's
consents allow it (delivery.macros), so they stay as they came until the person is erased."""

_EMAIL = re.compile(r"[^\s@,;|:=/?&]+(?:@|%40)[^\s@,;|:=/?&]+\.[^\s@,;|:=/?&.]+", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.])(?:\+|%2B)\d(?:[ ().-]{0,2}\d){7,14}(?!\d)", re.IGNORECASE)
_NAMED_PHONE = re.compile(r"phone|mobile|msisdn|(?:^|[_.-])tel(?:$|[_.-])", re.IGNORECASE)
_DIGITS = re.compile(r"\+?\d(?:[ ()./-]{0,2}\d){6,14}")


def masked(said: Mapping[str, str]) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The values with every email address as `[email]` and every phone number (written with its
    `+`, or under a name that says so) as `[phone]`, and the remark if there was one."""
    hidden = {name: _hidden(name, value) for name, value in said.items()}
    return (said, ()) if hidden == said else (hidden, (MASKED,))


def _hidden(name: str, value: str) -> str:
    if name in SENT_ON:
        return value
    if _NAMED_PHONE.search(name) and _DIGITS.fullmatch(value.strip()):
        return "[phone]"
    return _PHONE.sub("[phone]", _EMAIL.sub("[email]", value))
