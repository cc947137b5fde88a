"""How touches, links and quarantined requests are written down: value ↔ item, both ways exact.

Every item has `pk`, `sk` (keys.py) and `kind`. What is empty is left out; what the key says is
not said twice. Conversions and repeats: conversion_rows.py.
"""

from touchline.kernel.clock import day_of
from touchline.kernel.ids import CampaignId, ClickId, PartnerId, Realm, Receipt, TouchId
from touchline.ledger import keys
from touchline.ledger.fields import (
    maybe_number,
    number,
    raw,
    stated,
    text,
    texts,
    words,
)
from touchline.ledger.identity import Identity
from touchline.ledger.model import Envelope, Link, Quarantined, Touch, TouchKind
from touchline.platform.dynamo import Item, Value

TOUCH = "touch"
LINK = "link"
CONVERSION = "conversion"
REPEAT = "repeat"
QUARANTINE = "quarantine"
ATTRIBUTES = "attributes"
WORD = "word"
EARLY_REFUNDS = "early_refunds"


def touch_item(realm: Realm, touch: Touch) -> Item:
    """One touch; at most 1 KB (one write unit) for fields of the lengths that contracts allow.

    A listed click costs a second unit: it stands in an index, so that its partner can read it. So
    does a touch that came late: it stands among the links of the day on which it came.
    """
    pk = keys.identity_pk(realm, touch.identity)
    sk = keys.touch_sk(touch.occurred_at, touch.id)
    return stated(
        {
            "pk": pk,
            "sk": sk,
            "kind": TOUCH,
            "touch_kind": touch.kind.value,
            "channel": touch.channel,
            "received_at": touch.received_at,
            "campaign": touch.campaign,
            "partner": touch.partner,
            "name": touch.name,
            "click_id": touch.click_id,
            "click_ref": touch.click_ref,
            "subs": touch.subs,
            "ad_ids": touch.ad_ids,
            "host": touch.host,
            "source": touch.source,
            "ip": touch.ip,
            "country": touch.country,
            "user_agent": touch.user_agent,
            "flags": list(touch.flags),
            "consent": list(touch.consent),
            "expires_at": touch.expires_at,
            "late_at": touch.late_at,
            **(_news(realm, touch.late_at, pk, sk) if touch.late_at else {}),
            **_among_clicks(realm, touch),
        }
    )


def _among_clicks(realm: Realm, touch: Touch) -> Item:
    """A listed click stands in the index of its partner's clicks of the day."""
    if not touch.listed or touch.partner is None:
        return {}
    shard = keys.shard_of(touch.id)
    return {
        "person": keys.clicks_of(realm, touch.partner, day_of(touch.occurred_at), shard),
        "person_at": keys.click_at(touch.occurred_at, touch.id),
    }


def touch_of(item: Item) -> Touch:
    """The touch of an item; of a projection, with the empty value for what was left out."""
    _, occurred_at, touch_id = text(item, "sk").split("#")
    return Touch(
        id=TouchId(keys.unpart(touch_id)),
        identity=identity_in(text(item, "pk")),
        kind=TouchKind(text(item, "touch_kind")),
        channel=text(item, "channel"),
        occurred_at=int(occurred_at),
        received_at=number(item, "received_at"),
        campaign=CampaignId(text(item, "campaign")) or None,
        partner=PartnerId(text(item, "partner")) or None,
        name=text(item, "name"),
        click_id=ClickId(text(item, "click_id")) or None,
        click_ref=text(item, "click_ref"),
        subs=words(item, "subs"),
        ad_ids=words(item, "ad_ids"),
        host=text(item, "host"),
        source=text(item, "source"),
        ip=text(item, "ip"),
        country=text(item, "country"),
        user_agent=text(item, "user_agent"),
        flags=texts(item, "flags"),
        consent=texts(item, "consent"),
        expires_at=maybe_number(item, "expires_at"),
        late_at=maybe_number(item, "late_at"),
        listed="person" in item,
    )


def identity_in(pk: str) -> Identity:
    """The identity that a partition of touches and links belongs to."""
    return Identity(keys.unpart(pk.split("#", 2)[2]))


def link_items(realm: Realm, link: Link) -> tuple[Item, Item]:
    """A link from both its ends; one of the two rows stands in the index of the day's links."""
    first, second = sorted((link.one, link.other))
    changed_at = link.changed_at or link.at
    said = stated(
        {
            "kind": LINK,
            "at": link.at,
            "source": link.source,
            "receipt": link.receipt,
            "undone_at": link.undone_at,
            "changed_at": changed_at,
        }
    )
    pk, sk = keys.identity_pk(realm, first), keys.link_sk(second)
    indexed = _news(realm, changed_at, pk, sk)
    other_end = {"pk": keys.identity_pk(realm, second), "sk": keys.link_sk(first)}
    return {"pk": pk, "sk": sk, **said, **indexed}, {**other_end, **said}


def _news(realm: Realm, at: int, pk: str, sk: str) -> dict[str, Value]:
    """The place in the index of what changed about persons that day."""
    batch = keys.links_batch(realm, day_of(at), keys.shard_of(pk + sk))
    return {"batch": batch, "batch_at": keys.changes_at(at, pk, sk)}


def concerned(item: Item) -> tuple[Identity, ...]:
    """Whom an item of that index is about: both ends of a link, or who is touched."""
    if item["kind"] == TOUCH:
        return (identity_in(text(item, "pk")),)
    link = link_of(item)
    return (link.one, link.other)


def link_of(item: Item) -> Link:
    """The link of an item: `one` is the identity whose partition it lies in."""
    return Link(
        one=identity_in(text(item, "pk")),
        other=Identity(keys.unpart(text(item, "sk").split("#", 1)[1])),
        at=number(item, "at"),
        source=text(item, "source"),
        receipt=Receipt(text(item, "receipt")),
        undone_at=maybe_number(item, "undone_at"),
        changed_at=number(item, "changed_at"),
    )


def attribute_name(name: str) -> str:
    """The attribute that holds a person's attribute; a dot would be a path."""
    return "a_" + name.replace(".", "%2E")


def attributes_of(item: Item) -> dict[str, str]:
    """A person's attributes."""
    named = [name for name in item if name.startswith("a_")]
    return {name[2:].replace("%2E", "."): text(item, name) for name in named}


def quarantine_item(quarantined: Quarantined) -> Item:
    """One quarantined request with its bytes."""
    return stated(
        {
            "pk": keys.quarantine_pk(quarantined.realm, quarantined.day),
            "sk": keys.quarantine_sk(quarantined.receipt),
            "kind": QUARANTINE,
            "realm": quarantined.realm,
            "reason": quarantined.reason,
            "detail": quarantined.detail,
            "partner": quarantined.partner,
            "scope": quarantined.scope,
            "route": quarantined.route,
            "envelope": envelope_item(quarantined.envelope),
            "state": quarantined.state,
            "replayed_as": quarantined.replayed_as,
            "version": quarantined.version,
        }
    )


def quarantined_of(item: Item) -> Quarantined:
    """The quarantined request of an item."""
    envelope = envelope_of(item.get("envelope"))
    if envelope is None:
        raise ValueError("a quarantined request without its bytes")
    return Quarantined(
        realm=Realm(text(item, "realm")),
        receipt=Receipt(text(item, "sk")),
        day=text(item, "pk").rpartition("#")[2],
        reason=text(item, "reason"),
        detail=text(item, "detail"),
        partner=PartnerId(text(item, "partner")) or None,
        scope=text(item, "scope"),
        route=text(item, "route"),
        envelope=envelope,
        state=text(item, "state"),
        replayed_as=Receipt(text(item, "replayed_as")) or None,
        version=number(item, "version"),
    )


def envelope_item(envelope: Envelope) -> Item:
    """The request as it came; the body stays bytes."""
    return stated(
        {
            "method": envelope.method,
            "path": envelope.path,
            "raw_query": envelope.raw_query,
            "headers": envelope.headers,
            "body": envelope.body,
            "received_at": envelope.received_at,
            "source_ip": envelope.source_ip,
        }
    )


def envelope_of(value: Value) -> Envelope | None:
    """The request as it came, or None where none was kept."""
    if not isinstance(value, dict):
        return None
    return Envelope(
        method=text(value, "method"),
        path=text(value, "path"),
        raw_query=text(value, "raw_query"),
        headers=words(value, "headers"),
        body=raw(value, "body"),
        received_at=number(value, "received_at"),
        source_ip=text(value, "source_ip"),
    )
