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
from touchline.ledger.identity import VISITOR, Identity, domain_of


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
        said = IDENTIFY.read(body)
        found = [known for entry in said["identities"] for known in listed(entry)]
        identities = tuple(dict.fromkeys(found))
        if len(identities) < 2:
            raise Refused("one_identity", "there is nothing to link")
        _guard(desk, caller, identities)
    except Refused as refused:
        return refuse(desk, caller, arrival, refused)
    links = links_between(identities, arrival, site=caller.site)
    desk.ledger.put_links(caller.realm, links)
    return Outcome(Result.STORED, arrival.receipt)


def _guard(desk: Desk, caller: Caller, identities: tuple[Identity, ...]) -> None:
    """One request never joins two IDs of one domain, nor an ID with more than the limit of others.

    Both are how careless or hostile senders merge strangers. The night keeps the limit, too: it
    sees all links, also those that came at the same moment.
    """
    domains = Counter(domain_of(known) for known in identities)
    hashed = {"email_google", "email_meta", "phone"}
    twice = [domain for domain, count in domains.items() if count > 1 and domain not in hashed]
    if caller.site and twice:
        raise Refused("two_of_one_domain", twice[0], field="identities")
    if not caller.site:
        return
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
