"""A conversion as it was submitted: under our names, whole, and not yet judged.

Every route makes one of these, so that one rule judges them all. None and "" mean: not stated.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field

from touchline.intake.dialects import Canonical
from touchline.intake.people import mail_domain, person
from touchline.kernel.errors import Refused
from touchline.kernel.values import dataclass
from touchline.ledger.identity import Identity

MAX_ID = 256
MAX_TEXT = 255
MAX_EXTRAS = 60
MAX_EXTRA = 512


@dataclass(frozen=True, slots=True)
class Submission:
    """What a sender said. Amounts and times are still text, so that judging can name what is wrong.

    `identities` are strongest first and hold the click, if one was named.
    """

    event: str = ""
    conversion_id: str = ""
    value: str = ""
    payout: str = ""
    currency: str = ""
    payout_currency: str = ""
    status: str = ""
    status_lists: Mapping[str, str] = field(default_factory=dict)
    occurred_at: str = ""
    click_time: str = ""
    identities: tuple[Identity, ...] = ()
    mail_domain: str = ""  # of an email address; the address itself is hashed on arrival
    click_id: str = ""
    click_ref: str = ""
    partner: str = ""
    campaign: str = ""
    coupon: str = ""
    reason: str = ""
    refund_value: str = ""
    refund_id: str = ""
    source: str = ""
    consent: tuple[str, ...] = ()
    subs: Mapping[str, str] = field(default_factory=dict)
    extras: Mapping[str, str] = field(default_factory=dict)
    skip_hook: bool = False
    strict_time: bool = False  # a wrong time refuses, instead of being remarked
    remarks: tuple[str, ...] = ()


def from_canonical(canonical: Canonical) -> Submission:
    """The submission of a postback.

    Raises Refused for an ID that is too long or not printable, and for an identity that is none.
    """
    said = canonical.fields
    extras = dict(list(canonical.extras.items())[:MAX_EXTRAS])
    cut = len(canonical.extras) > MAX_EXTRAS or any(len(v) > MAX_EXTRA for v in extras.values())
    return Submission(
        event=_checked(said, "event", MAX_TEXT),
        conversion_id=_checked(said, "conversion_id", MAX_ID),
        value=said.get("value", ""),
        payout=said.get("payout", ""),
        currency=said.get("currency", ""),
        payout_currency=said.get("payout_currency", ""),
        status=_checked(said, "status", MAX_TEXT),
        status_lists=canonical.status_lists,
        occurred_at=said.get("occurred_at", ""),
        click_time=said.get("click_time", ""),
        identities=person(said),
        mail_domain=mail_domain(said.get("email", "")),
        click_id=_checked(said, "click_id", MAX_ID),
        click_ref=_checked(said, "click_ref", MAX_TEXT),
        partner=said.get("partner", ""),
        campaign=_checked(said, "campaign", MAX_TEXT),
        coupon=_checked(said, "coupon", MAX_TEXT),
        reason=_checked(said, "reason", MAX_TEXT),
        refund_value=said.get("refund_value", ""),
        refund_id=_checked(said, "refund_id", MAX_ID),
        source=_checked(said, "source", MAX_TEXT),
        consent=tuple(word.strip() for word in said.get("consent", "").split(",") if word.strip()),
        subs={name: value[:MAX_TEXT] for name, value in canonical.subs.items()},
        extras={name[:MAX_TEXT]: value[:MAX_EXTRA] for name, value in extras.items()},
        skip_hook=said.get("skip_hook", "").lower() in {"1", "true", "yes"},
        remarks=(*canonical.remarks, *(("parameters_cut",) if cut else ())),
    )


def _checked(said: Mapping[str, str], name: str, longest: int) -> str:
    value = said.get(name, "")
    if len(value.encode()) > longest or not value.isprintable():
        raise Refused("bad_text", f"over {longest} bytes or not printable", field=name)
    return value


def digest_of(content: object) -> str:
    """32 hex digits that name this content: canonical JSON, SHA-256."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def derived_id(submission: Submission) -> str:
    """The ID of a conversion that came without one: `drv_` and a digest of all that was said.

    So the same request twice is one conversion, and two different ones are two.
    """
    said = {
        name: value
        for name in Submission.__slots__
        if (value := getattr(submission, name)) and name not in {"remarks", "strict_time"}
    }
    return "drv_" + digest_of({name: _plain(value) for name, value in said.items()})


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value
