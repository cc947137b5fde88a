"""What one declared thing names of another: checked when it is saved, and before that one goes."""

from collections.abc import Iterator
from typing import Any

from touchline.kernel.errors import Conflict, Refused
from touchline.registry.kinds import ACCOUNT, CAMPAIGN, EVENT, PARTNER, Kind
from touchline.registry.model import Campaign, Endpoint, Partner, Registry


def check_references(registry: Registry, value: Any) -> None:
    """Raises Refused `unknown_reference` when the value names a thing that is not declared."""
    for kind, thing in references(value):
        if thing not in _declared(registry, kind):
            raise Refused("unknown_reference", f"no {kind.name} {thing} is declared")


def check_unused(registry: Registry, kind: Kind, thing: str) -> None:
    """Raises Conflict `in_use` when another declared thing names this one."""
    if kind is ACCOUNT:
        held = [registry.events, registry.campaigns, registry.partners, registry.endpoints]
        if any(held):
            raise Conflict("in_use", "the account still has events, partners or such")
        return
    everything: list[Any] = [
        *registry.campaigns.values(),
        *registry.partners.values(),
        *registry.endpoints.values(),
    ]
    for other in everything:
        if (kind, thing) in set(references(other)) and not _is(other, kind, thing):
            raise Conflict("in_use", f"{type(other).__name__.lower()} {other.id} names it")


def references(value: Any) -> Iterator[tuple[Kind, str]]:
    """Every thing that a declared value names."""
    match value:
        case Campaign():
            yield from _named(event=value.event)
        case Partner():
            yield from _named(event=value.default_event)
        case Endpoint():
            yield from _named(partner=value.partner)
            yield from ((EVENT, event) for event in value.firing.events)
            yield from ((CAMPAIGN, campaign) for campaign in value.firing.campaigns)
            yield from ((PARTNER, partner) for partner in value.firing.partners)
    for rule in getattr(value, "payouts", ()):
        yield from _named(rule.event, rule.partner, rule.campaign)
    for cap in getattr(value, "caps", ()):
        yield from _named(cap.event)


def _named(
    event: str | None = None, partner: str | None = None, campaign: str | None = None
) -> Iterator[tuple[Kind, str]]:
    for kind, thing in ((EVENT, event), (PARTNER, partner), (CAMPAIGN, campaign)):
        if thing:
            yield kind, thing


def _declared(registry: Registry, kind: Kind) -> Any:
    return {EVENT: registry.events, CAMPAIGN: registry.campaigns, PARTNER: registry.partners}[kind]


def _is(other: Any, kind: Kind, thing: str) -> bool:
    return isinstance(other, kind.model) and other.id == thing
