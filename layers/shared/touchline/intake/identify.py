"""`/identify`: identities of one person, known together."""

from collections import Counter
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
            _guard(desk, caller, identities)
    except Refused as refused:
        return refuse(desk, caller, arrival, refused)
    links = links_between(identities, arrival, site=caller.site)
    desk.ledger.put_links(caller.realm, links)
    return Outcome(Result.STORED, arrival.receipt)


def _identities(body: Any) -> tuple[Identity, ...]:
    said = IDENTIFY.read(body)
    found = tuple(dict.fromkeys(known for entry in said["identities"] for known in listed(entry)))
    if len(found) < 2:
        raise Refused("one_identity", "there is nothing to link")
    return found


def _guard(desk: Desk, caller: Caller, identities: tuple[Identity, ...]) -> None:
    """A site never joins two IDs of one domain, nor a visitor with more IDs of one than allowed.

    Both are how careless or hostile pages merge strangers. The night keeps the limit, too: it
    sees all links, also those that came at the same moment.
    """
    domains = Counter(domain_of(known) for known in identities)
    twice = [domain for domain, count in domains.items() if count > 1 and domain not in HASHED]
    if twice:
        raise Refused("two_of_one_domain", twice[0], field="identities")
    visitors = [known for known in identities if domain_of(known) == VISITOR]
    if not visitors:
        raise Refused("no_visitor", "a site names its own visitor", field="identities")
    limit = caller.account.rules.domain_limit
    for visitor in visitors:
        linked = desk.ledger.around(caller.realm, visitor).links
        others = {link.other for link in linked if link.undone_at is None} | set(identities)
        counts = Counter(domain_of(known) for known in others if known != visitor)
        crowded = [domain for domain, count in counts.items() if count > limit]
        if crowded:
            raise Refused("too_many_identities", crowded[0], field="identities")
