"""What speaks against a new conversion: signs that its click or its person was made up. Pure.

A sign is a remark. Where the account says so the conversion is held for an operator as well, and
remembers what it was, so that releasing it brings that back.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from touchline.intake.books import HELD
from touchline.kernel.clock import DAY_MS, HOUR_MS, SECOND_MS
from touchline.kernel.ids import is_test
from touchline.kernel.values import dataclass
from touchline.ledger.model import Conversion, Revision, Status, Tally, TallyStep, Touch
from touchline.registry.fraud_rules import HOLD, FraudRules
from touchline.registry.model import Account

CLICK_REMEMBERED_MS = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class Watch:
    """A count that makes the next one suspicious: `most` of them are not."""

    sign: str
    tally: str
    most: int
    until: int  # ms: what is counted is over then

    @property
    def step(self) -> TallyStep:
        """One more."""
        return TallyStep(self.tally, 0, expires_at=self.until // SECOND_MS)


def watches(conversion: Conversion, click: Touch | None, rules: FraudRules) -> tuple[Watch, ...]:
    """What is counted of a conversion; nothing on the test side, or without a click."""
    if click is None or is_test(conversion.realm):
        return ()
    return tuple(_watches(conversion, click, rules))


def signs(
    conversion: Conversion, click: Touch | None, mail_domain: str, account: Account
) -> tuple[str, ...]:
    """The signs that need no counting, as reason codes."""
    return tuple(_signs(conversion, click, mail_domain, account))


def too_many(watched: tuple[Watch, ...], tallied: Mapping[str, Tally]) -> tuple[str, ...]:
    """The signs of counts that are full."""
    return tuple(one.sign for one in watched if tallied[one.tally].count >= one.most)


def suspected(conversion: Conversion, found: tuple[str, ...], verdict: str) -> Conversion:
    """The conversion with its signs remarked, and held where the verdict is so."""
    if not found:
        return conversion
    flags = (*conversion.flags, *found)
    if verdict != HOLD or conversion.status in {Status.REJECTED, Status.HOLD}:
        return replace(conversion, flags=flags)
    before = {"status": conversion.status.value}
    was = Revision(conversion.changed_at, conversion.receipt, "suspected", before)
    return replace(conversion, status=Status.HOLD, flags=(*flags, HELD), history=(was,))


def _signs(
    conversion: Conversion, click: Touch | None, mail_domain: str, account: Account
) -> Iterator[str]:
    rules = account.fraud
    soonest = rules.minimum_click_seconds
    if (
        soonest is not None
        and click is not None
        and conversion.occurred_at - click.occurred_at < soonest * SECOND_MS
    ):
        yield "fraud_too_soon"
    largest = rules.largest_value_micros
    if (
        largest is not None
        and conversion.currency == account.currency
        and conversion.value_micros > largest
    ):
        yield "fraud_large_value"
    if mail_domain and _listed(mail_domain, rules.disposable_domains):
        yield "fraud_disposable_email"


def _watches(conversion: Conversion, click: Touch, rules: FraudRules) -> Iterator[Watch]:
    if rules.most_per_address is not None and click.ip:
        hour = conversion.received_at // HOUR_MS
        name = f"address:{_named(click.ip)}:{hour}"
        yield Watch("fraud_velocity", name, rules.most_per_address, (hour + 1) * HOUR_MS)
    if rules.most_per_click is not None:
        name = f"click:{_named(conversion.click_id or '', conversion.key.event)}"
        until = click.occurred_at + CLICK_REMEMBERED_MS
        yield Watch("fraud_repeated_click", name, rules.most_per_click, until)


def _listed(domain: str, domains: tuple[str, ...]) -> bool:
    return any(domain == one or domain.endswith(f".{one}") for one in domains)


def _named(*parts: str) -> str:
    """A name that tells nothing of what it names."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
