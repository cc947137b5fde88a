"""How conversions and their repeats are written down: value ↔ item, both ways exact.

Both stand in the index of their day's changes; a conversion also in that of its first identity.
"""

from collections.abc import Mapping
from typing import cast

from touchline.kernel.clock import day_of
from touchline.kernel.ids import (
    CampaignId,
    ClickId,
    ConversionId,
    EventName,
    PartnerId,
    Realm,
    Receipt,
)
from touchline.ledger import keys
from touchline.ledger.fields import (
    flag,
    items,
    maybe_number,
    number,
    stated,
    text,
    texts,
    words,
)
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, ConversionKey, Entry, Repeat, Revision, Status
from touchline.ledger.rows import CONVERSION, REPEAT, envelope_item, envelope_of
from touchline.platform.dynamo import Item, Value


def conversion_item(conversion: Conversion) -> Item:
    """One conversion with everything that happened to it."""
    pk = keys.conversion_pk(conversion.realm, conversion.key)
    sk = keys.conversion_sk(conversion.key.scope)
    return {
        "pk": pk,
        "sk": sk,
        "kind": CONVERSION,
        **_batch(conversion.realm, conversion.changed_at or conversion.received_at, pk, sk),
        **_person(conversion),
        **_said(conversion),
        **_sent(conversion),
        **_happened(conversion),
    }


def _batch(realm: Realm, at: int, pk: str, sk: str) -> dict[str, Value]:
    return {
        "batch": keys.changes_batch(realm, day_of(at), keys.shard_of(pk + sk)),
        "batch_at": keys.changes_at(at, pk, sk),
    }


def _person(conversion: Conversion) -> dict[str, Value]:
    if not conversion.identities:
        return {}
    return {
        "person": keys.person(conversion.realm, conversion.identities[0]),
        "person_at": keys.padded(conversion.occurred_at),
    }


def _said(conversion: Conversion) -> dict[str, Value]:
    return stated(
        {
            "realm": conversion.realm,
            "event": conversion.key.event,
            "id": conversion.key.id,
            "scope": conversion.key.scope,
            "occurred_at": conversion.occurred_at,
            "received_at": conversion.received_at,
            "receipt": conversion.receipt,
            "attempt": conversion.attempt,
            "digest": conversion.digest,
            "identities": list(conversion.identities),
            "status": conversion.status.value,
            "status_word": conversion.status_word,
            "value_micros": conversion.value_micros,
            "currency": conversion.currency,
            "payout_micros": conversion.payout_micros,
            "payout_currency": conversion.payout_currency,
        }
    )


def _sent(conversion: Conversion) -> dict[str, Value]:
    return stated(
        {
            "click_id": conversion.click_id,
            "click_ref": conversion.click_ref,
            "clicked_at": conversion.clicked_at,
            "partner": conversion.partner,
            "campaign": conversion.campaign,
            "coupon": conversion.coupon,
            "source": conversion.source,
            "subs": conversion.subs,
            "parameters": conversion.parameters,
            "consent": list(conversion.consent),
        }
    )


def _happened(conversion: Conversion) -> dict[str, Value]:
    kept = conversion.envelope
    return stated(
        {
            "excluded": conversion.excluded,
            "flags": list(conversion.flags),
            "entries": [_entry_item(entry) for entry in conversion.entries],
            "history": [_revision_item(revision) for revision in conversion.history],
            "tallies": list(conversion.tallies),
            "changed_at": conversion.changed_at,
            "version": conversion.version,
            "envelope": envelope_item(kept) if kept else None,
        }
    )


def conversion_of(item: Item) -> Conversion:
    """The conversion of an item."""
    return Conversion(
        realm=Realm(text(item, "realm")),
        key=key_of(item),
        occurred_at=number(item, "occurred_at"),
        received_at=number(item, "received_at"),
        receipt=Receipt(text(item, "receipt")),
        attempt=text(item, "attempt"),
        digest=text(item, "digest"),
        identities=tuple(Identity(known) for known in texts(item, "identities")),
        status=Status(text(item, "status")),
        status_word=text(item, "status_word"),
        value_micros=number(item, "value_micros"),
        currency=text(item, "currency"),
        payout_micros=number(item, "payout_micros"),
        payout_currency=text(item, "payout_currency"),
        click_id=ClickId(text(item, "click_id")) or None,
        click_ref=text(item, "click_ref"),
        clicked_at=maybe_number(item, "clicked_at"),
        partner=PartnerId(text(item, "partner")) or None,
        campaign=CampaignId(text(item, "campaign")) or None,
        coupon=text(item, "coupon"),
        source=text(item, "source"),
        subs=words(item, "subs"),
        parameters=words(item, "parameters"),
        excluded=text(item, "excluded"),
        flags=texts(item, "flags"),
        consent=texts(item, "consent"),
        entries=tuple(_entry_of(entry) for entry in items(item, "entries")),
        history=tuple(_revision_of(revision) for revision in items(item, "history")),
        tallies=texts(item, "tallies"),
        changed_at=number(item, "changed_at"),
        version=number(item, "version"),
        envelope=envelope_of(item.get("envelope")),
    )


def key_of(item: Item) -> ConversionKey:
    """What names the conversion of an item."""
    return ConversionKey(
        EventName(text(item, "event")), ConversionId(text(item, "id")), text(item, "scope")
    )


def _entry_item(entry: Entry) -> Item:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "value_micros": entry.value_micros,
        "payout_micros": entry.payout_micros,
        "reason": entry.reason,
        "at": entry.at,
        "receipt": entry.receipt,
    }


def _entry_of(item: Item) -> Entry:
    return Entry(
        id=text(item, "id"),
        kind=text(item, "kind"),
        value_micros=number(item, "value_micros"),
        payout_micros=number(item, "payout_micros"),
        reason=text(item, "reason"),
        at=number(item, "at"),
        receipt=Receipt(text(item, "receipt")),
    )


def _revision_item(revision: Revision) -> Item:
    return {
        "at": revision.at,
        "receipt": revision.receipt,
        "cause": revision.cause,
        "before": dict(revision.before),
    }


def _revision_of(item: Item) -> Revision:
    return Revision(
        at=number(item, "at"),
        receipt=Receipt(text(item, "receipt")),
        cause=text(item, "cause"),
        before=dict(cast("Mapping[str, str | int | None]", item["before"])),
    )


def repeat_item(realm: Realm, repeat: Repeat) -> Item:
    """A conversion that came again, beside the conversion itself."""
    pk = keys.conversion_pk(realm, repeat.key)
    sk = keys.repeat_sk(repeat.key.scope, repeat.receipt)
    said = stated(
        {
            "event": repeat.key.event,
            "id": repeat.key.id,
            "scope": repeat.key.scope,
            "receipt": repeat.receipt,
            "at": repeat.at,
            "digest": repeat.digest,
            "conflict": repeat.conflict,
            "applied": repeat.applied,
            "first_digest": repeat.first_digest,
            "envelope": envelope_item(repeat.envelope) if repeat.envelope else None,
        }
    )
    return {"pk": pk, "sk": sk, "kind": REPEAT, **_batch(realm, repeat.at, pk, sk), **said}


def repeat_of(item: Item) -> Repeat:
    """The repeat of an item."""
    return Repeat(
        key=key_of(item),
        receipt=Receipt(text(item, "receipt")),
        at=number(item, "at"),
        digest=text(item, "digest"),
        conflict=flag(item, "conflict"),
        applied=flag(item, "applied"),
        first_digest=text(item, "first_digest"),
        envelope=envelope_of(item.get("envelope")),
    )
