"""How tallies of caps and tiers are written down and stepped."""

from touchline.kernel.ids import Realm
from touchline.ledger import keys
from touchline.ledger.fields import number, text
from touchline.ledger.model import Tally, TallyStep
from touchline.platform.dynamo import (
    Add,
    AllOf,
    AnyOf,
    AtMost,
    Change,
    Condition,
    Equals,
    Item,
    Key,
    Missing,
    Set,
    TransactUpdate,
)

TALLY = "tally"


def tally_key(realm: Realm, name: str) -> Key:
    """Where a tally lies."""
    return Key(keys.tally_pk(realm, name), keys.TALLY_SK)


def tally_of(item: Item) -> Tally:
    """The tally of an item."""
    return Tally(text(item, "name"), number(item, "count"), number(item, "payout_micros"))


def step_write(realm: Realm, step: TallyStep) -> TransactUpdate:
    """The update that steps a tally; its condition keeps the bounds, whoever else steps."""
    changes: list[Change] = [
        Set("kind", TALLY),
        Set("name", step.name),
        Add("count", step.count),
        Add("payout_micros", step.payout_micros),
    ]
    if step.expires_at is not None:
        changes.append(Set("expires_at", step.expires_at))
    bounds: list[Condition] = []
    if step.count_most is not None:
        bounds.append(AtMost("count", step.count_most - step.count))
    if step.payout_most is not None:
        bounds.append(AtMost("payout_micros", step.payout_most - step.payout_micros))
    if step.seen is not None:
        bounds.append(Equals("count", step.seen))
    condition: Condition | None = None
    if bounds:
        # A tally that is not there is one of zero.
        condition = AllOf(*bounds) if step.seen else AnyOf(Missing("pk"), AllOf(*bounds))
    return TransactUpdate(tally_key(realm, step.name), changes, condition)
