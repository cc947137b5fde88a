"""How the health of an endpoint is written down."""

from touchline.delivery.health import Bucket, Health
from touchline.kernel.clock import DAY_MS
from touchline.ledger.fields import items, maybe_number, number, stated, text
from touchline.platform.dynamo import Item, Key

HEALTH = "health"
SEAT = "seat"


def health_item(key: Key, health: Health) -> Item:
    """The row of an endpoint's health."""
    return {
        **key._asdict(),
        "kind": HEALTH,
        "version": health.version,
        **{
            name: value
            for name, value in (
                ("failing_since", health.failing_since),
                ("last_failure_at", health.last_failure_at),
                ("open_until", health.open_until),
                ("probe_until", health.probe_until),
                ("disabled_at", health.disabled_at),
            )
            if value is not None
        },
        **stated(
            {
                "buckets": [
                    {"minute": one.minute, "good": one.good, "bad": one.bad}
                    for one in health.buckets
                ],
                "open_count": health.open_count,
                "disabled_reason": health.disabled_reason,
            }
        ),
    }


def health_of(item: Item) -> Health:
    """The health of a row."""
    return Health(
        buckets=tuple(
            Bucket(number(one, "minute"), number(one, "good"), number(one, "bad"))
            for one in items(item, "buckets")
        ),
        failing_since=maybe_number(item, "failing_since"),
        last_failure_at=maybe_number(item, "last_failure_at"),
        open_until=maybe_number(item, "open_until"),
        open_count=number(item, "open_count"),
        probe_until=maybe_number(item, "probe_until"),
        disabled_at=maybe_number(item, "disabled_at"),
        disabled_reason=text(item, "disabled_reason"),
        version=number(item, "version"),
    )


def seat_item(key: Key, number: int, holder: str, until: int) -> Item:
    """The row of a seat; it is free again at `until`, whatever became of its holder."""
    return {
        **key._asdict(),
        "kind": SEAT,
        "number": number,
        "holder": holder,
        "until": until,
        "expires_at": (until + DAY_MS) // 1000,
    }
