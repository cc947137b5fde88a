"""`/identify`: identities of one person, known together."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from touchline.intake.arrival import Arrival, Outcome, Result
from touchline.intake.caller import Caller
from touchline.intake.contracts import IDENTIFY
from touchline.intake.linking import links_between
from touchline.intake.people import listed
from touchline.intake.ports import Desk
from touchline.intake.strict_json import parse_object
from touchline.intake.touches import refuse
from touchline.kernel.errors import Refused
from touchline.ledger.identity import (
    EMAIL_GOOGLE,
    EMAIL_META,
    PHONE,
    VISITOR,
    Identity,
    domain_of,
)

HASHED = frozenset({EMAIL_GOOGLE, EMAIL_META, PHONE})
"""One email or phone makes several identities, so these may come twice."""


def identify(desk: Desk, caller: Caller, arrival: Arrival) -> Outcome:
    """Link what `POST /identify` names together."""
    try:
        body = parse_object(arrival.envelope.body)
    except Refused as refused:
        return refuse(desk, caller, arrival, refused)
    return identify_body(desk, caller, arrival, body)


def identify_body(desk: Desk, caller: Caller, arrival: Arrival, body: Any) -> Outcome:
    """Link the identities of a parsed body; the guards decide whether they may be."""
    try:
        identities = _identities(body)
        if caller.site:
            _claim(desk, caller, arrival, identities)
        else:
            desk.ledger.put_links(caller.realm, links_between(identities, arrival))
    except Refused as refused:
        return refuse(desk, caller, arrival, refused)
    return Outcome(Result.STORED, arrival.receipt)


def _identities(body: Any) -> tuple[Identity, ...]:
    said = IDENTIFY.read(body)
    found = tuple(dict.fromkeys(known for entry in said["identities"] for known in listed(entry)))
    if len(found) < 2:
        raise Refused("one_identity", "there is nothing to link")
    return found


def _claim(desk: Desk, caller: Caller, arrival: Arrival, identities: tuple[Identity, ...]) -> None:
    """Link what a site claims, if that is news: a page tells it every time that it is shown.

    Looked at again once it is written: of several claims at the same moment, those that together
    would be too many are taken back.
    """
    visitors = _visitors(identities)
    ledger, links = desk.ledger, links_between(identities, arrival, site=True)
    fresh = ledger.missing_links(caller.realm, links)
    if not fresh:
        return
    _refuse_crowd(desk, caller, visitors, identities)
    ledger.put_links(caller.realm, fresh)
    try:
        _refuse_crowd(desk, caller, visitors, ())
    except Refused:
        for link in fresh:
            ledger.undo_link(caller.realm, link.one, link.other, arrival.recorded_at)
        raise


def _visitors(identities: tuple[Identity, ...]) -> list[Identity]:
    """A site names its own visitor, and never joins two IDs of one domain: both are how careless
    or hostile pages merge strangers. Raises Refused."""
    domains = Counter(domain_of(known) for known in identities)
    twice = [domain for domain, count in domains.items() if count > 1 and domain not in HASHED]
    if twice:
        raise Refused("two_of_one_domain", twice[0], field="identities")
    visitors = [known for known in identities if domain_of(known) == VISITOR]
    if not visitors:
        raise Refused("no_visitor", "a site names its own visitor", field="identities")
    return visitors


def _refuse_crowd(
    desk: Desk, caller: Caller, visitors: Sequence[Identity], named: tuple[Identity, ...]
) -> None:
    """Raise Refused where a visitor has, or would have, more IDs of one domain than allowed."""
    limit = caller.account.rules.domain_limit
    for visitor in visitors:
        linked = desk.ledger.around(caller.realm, visitor).links
        others = {link.other for link in linked if link.undone_at is None} | set(named)
        counts = Counter(domain_of(known) for known in others if known != visitor)
        crowded = [domain for domain, count in counts.items() if count > limit]
        if crowded:
            raise Refused("too_many_identities", crowded[0], field="identities")
