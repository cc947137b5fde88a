"""`/touch`: what a site or a back end saw a person do."""

from collections.abc import Mapping, Sequence
from typing import Any

from touchline.intake import values
from touchline.intake.arrival import Arrival, Outcome, Result, late
from touchline.intake.caller import Caller
from touchline.intake.contracts import TOUCH, TOUCHES
from touchline.intake.landing import host_of
from touchline.intake.linking import links_between
from touchline.intake.masking import masked
from touchline.intake.people import person
from touchline.intake.ports import Desk
from touchline.intake.quarantine import keep
from touchline.intake.strict_json import dump, parse_object
from touchline.intake.submission import digest_of
from touchline.kernel.clock import DAY_MS, SECOND_MS
from touchline.kernel.errors import Forbidden, Refused
from touchline.kernel.ids import CampaignId, PartnerId, TouchId
from touchline.kernel.values import dataclass
from touchline.ledger.model import DIRECT, Link, Touch, TouchKind

SITE_KINDS = frozenset(
    {TouchKind.CLICK, TouchKind.VIEW, TouchKind.OPTIMIZATION_VIEW, TouchKind.SESSION}
)
"""What a browser may claim; messages and store visits are told by back ends."""
SUBS = frozenset(f"sub{n}" for n in range(1, 21))


@dataclass(frozen=True, slots=True)
class Seen:
    """A touch that passed judgement, with the links that it tells."""

    touch: Touch
    links: tuple[Link, ...]


def touch(desk: Desk, caller: Caller, arrival: Arrival) -> list[Outcome]:
    """Store one touch or many; one bad touch never fails the rest.

    What is refused of a site is told, not kept: its key is public. Raises Refused for a body that
    is no JSON or has no touches in it, when the caller is a site.
    """
    try:
        body = parse_object(arrival.envelope.body)
        bodies = TOUCHES.read(body)["touches"] if "touches" in body else [body]
    except Refused as refused:
        return [refuse(desk, caller, arrival, refused)]
    if len(bodies) == 1:
        arrivals = [arrival]
    else:
        arrivals = [arrival.item(n, dump(one)) for n, one in enumerate(bodies)]
    return touches(desk, caller, list(zip(arrivals, bodies, strict=True)))


def touches(desk: Desk, caller: Caller, items: Sequence[tuple[Arrival, Any]]) -> list[Outcome]:
    """Judge and store touches, all in few calls."""
    outcomes: dict[int, Outcome] = {}
    seen: dict[int, Seen] = {}
    for index, (arrival, body) in enumerate(items):
        try:
            seen[index] = judge_touch(body, caller, arrival)
        except Refused as refused:
            if isinstance(refused, Forbidden) and len(items) == 1:
                raise
            outcomes[index] = refuse(desk, caller, arrival, refused)
    ledger = desk.ledger
    if len(seen) == 1:
        (one,) = seen.values()
        stored = [ledger.put_touch(caller.realm, one.touch)]
    else:
        stored = ledger.put_touches(caller.realm, [one.touch for one in seen.values()])
    links = {link: None for one in seen.values() for link in one.links}
    if links:
        ledger.put_links(caller.realm, list(links))
    for (index, one), fresh in zip(seen.items(), stored, strict=True):
        result = Result.STORED if fresh else Result.DUPLICATE
        outcomes[index] = Outcome(result, items[index][0].receipt, one.touch.flags)
    return [outcomes[index] for index in range(len(items))]


def refuse(desk: Desk, caller: Caller, arrival: Arrival, refused: Refused) -> Outcome:
    """Keep what a back end sent, for repair; tell a site only."""
    if not caller.site:
        return keep(desk, caller, arrival, refused)
    reasons = (refused.code,)
    return Outcome(Result.REFUSED, arrival.receipt, reasons, refused.detail, refused.field)


def judge_touch(body: Any, caller: Caller, arrival: Arrival) -> Seen:
    """The touch of a body. Raises Refused, or Forbidden for another partner's name."""
    said = TOUCH.read(body)
    identities = person(said)
    if not identities:
        raise Refused("no_person", "user_id, visitor, email or phone")
    kind = TouchKind(said["kind"])
    if caller.site and kind not in SITE_KINDS:
        raise Refused("kind_not_for_sites", kind, field="kind")
    occurred_at, remarks = _occurred_at(said, caller, arrival)
    partner = _partner(said, caller)
    campaign = CampaignId(said.get("campaign", "")) or None
    nested = {name: value for name, value in said.get("subs", {}).items() if name in SUBS}
    plain = {name: value for name, value in said.items() if name in SUBS}
    subs, masks = masked({**nested, **plain})
    named, more_masks = masked({"name": said.get("name", "")})
    made = Touch(
        id=TouchId(said.get("id") or f"tch_{digest_of(_told(said))}"),
        identity=identities[0],
        kind=kind,
        channel=said.get("channel") or _channel(partner, campaign, caller),
        occurred_at=occurred_at,
        received_at=arrival.received_at,
        campaign=campaign,
        partner=partner,
        name=named["name"],
        click_ref=said.get("click_ref", ""),
        subs=subs,
        ad_ids=said.get("ad_ids", {}),
        host=said.get("host") or host_of(said.get("referrer", "")),
        source=said.get("source", ""),
        ip=_address(caller, arrival),
        user_agent=_agent(caller, arrival),
        flags=tuple(dict.fromkeys((*remarks, *masks, *more_masks))),
        consent=tuple(said.get("consent", ())),
        expires_at=occurred_at // SECOND_MS + caller.account.touch_retention_seconds,
        late_at=late(occurred_at, arrival.recorded_at),
        listed=kind is TouchKind.CLICK
        and partner is not None
        and caller.registry.partners[partner].list_clicks,
    )
    return Seen(made, links_between(identities, arrival, site=caller.site))


def _told(said: Mapping[str, Any]) -> dict[str, Any]:
    """What names a touch that came without an ID: all that was said of it."""
    return {name: value for name, value in said.items() if name != "type"}


def _occurred_at(
    said: Mapping[str, Any], caller: Caller, arrival: Arrival
) -> tuple[int, tuple[str, ...]]:
    if "occurred_at" not in said:
        return arrival.received_at, ()
    occurred_at, remarks = values.instant(said["occurred_at"])
    ahead = occurred_at - arrival.received_at
    if ahead > caller.account.future_skew_seconds * SECOND_MS:
        if caller.site and ahead <= DAY_MS:
            return arrival.received_at, (*remarks, "skewed")
        raise Refused("in_future", "the time lies after the call", field="occurred_at")
    longest = DAY_MS if caller.site else caller.account.touch_retention_seconds * SECOND_MS
    if -ahead > longest:
        raise Refused("too_old", field="occurred_at")
    return occurred_at, remarks


def _partner(said: Mapping[str, Any], caller: Caller) -> PartnerId | None:
    named = said.get("partner", "")
    if caller.partner:
        if named and named != caller.partner.id:
            raise Forbidden("forbidden_account", field="partner")
        return caller.partner.id
    if named and named not in caller.registry.partners:
        raise Refused("no_such_partner", named[:64], field="partner")
    return PartnerId(named) or None


def _channel(partner: PartnerId | None, campaign: CampaignId | None, caller: Caller) -> str:
    registry = caller.registry
    if campaign and campaign in registry.campaigns and registry.campaigns[campaign].channel:
        return registry.campaigns[campaign].channel
    return registry.partners[partner].channel if partner else DIRECT


def _address(caller: Caller, arrival: Arrival) -> str:
    """A browser's address, as far as it is kept; a back end's says nothing of a person."""
    return arrival.envelope.source_ip if caller.site else ""


def _agent(caller: Caller, arrival: Arrival) -> str:
    return arrival.envelope.headers.get("user-agent", "")[:200] if caller.site else ""
