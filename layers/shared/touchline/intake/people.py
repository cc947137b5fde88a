"""Reading how a sender names a person. Plain emails and phones are hashed on arrival. Pure."""

from collections.abc import Mapping
from typing import Any

from touchline.kernel.errors import Refused
from touchline.ledger.identity import (
    CLICK,
    VISITOR,
    Identity,
    identity,
    of_email,
    of_phone,
    parse,
)

USER = "user"
"""The domain of a `user_id` that came without one."""


def known_as(domain: str, value: str) -> tuple[Identity, ...]:
    """The identities of a value in a domain; `email` and `phone` are hashed."""
    match domain.strip().lower():
        case "email":
            return of_email(value)
        case "phone":
            return of_phone(value)
    return (identity(domain, value),)


def person(said: Mapping[str, str]) -> tuple[Identity, ...]:
    """All identities that a request names, strongest first: click, user, email, phone, visitor.

    Reads `click_id`, `user_domain` with `user_id`, `email`, `phone`, `visitor`. Raises Refused.
    """
    found: list[Identity] = []
    if said.get("click_id"):
        found.append(identity(CLICK, said["click_id"]))
    if said.get("user_id"):
        found += known_as(said.get("user_domain") or USER, said["user_id"])
    if said.get("email"):
        found += of_email(said["email"])
    if said.get("phone"):
        found += of_phone(said["phone"])
    if said.get("visitor"):
        found.append(identity(VISITOR, said["visitor"]))
    return tuple(dict.fromkeys(found))


def mail_domain(email: str) -> str:
    """What stands behind the last `@`, in lower case; "" when there is none."""
    return email.rpartition("@")[2].strip().rstrip(".").lower() if "@" in email else ""


def listed(entry: Any) -> tuple[Identity, ...]:
    """The identities of one entry of a list: `domain:value`, `{"email": …}` or `{"phone": …}`.

    Raises Refused `bad_identity`.
    """
    if isinstance(entry, str):
        domain, colon, value = entry.partition(":")
        return known_as(domain, value) if colon else (parse(entry),)
    if isinstance(entry, dict) and entry and set(entry) <= {"email", "phone"}:
        texts = {name: value for name, value in entry.items() if isinstance(value, str)}
        if len(texts) == len(entry):
            return person(texts)
    raise Refused("bad_identity", "domain:value, or an object with email or phone")
