"""What holds for every decision, whatever the history: property tests of the pure rules."""

import random
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON, a_conversion, a_touch
from tests.night_world import a_registry
from touchline.attribution.credits import Creditor
from touchline.attribution.decisions import Terms, decide
from touchline.attribution.journeys import in_order, judge
from touchline.attribution.rules import rule_book
from touchline.attribution.walk import Person
from touchline.kernel.ids import PartnerId
from touchline.kernel.money import split_by_parts, split_micros
from touchline.ledger.decisions import ATTRIBUTED, WHOLE
from touchline.ledger.identity import Identity
from touchline.ledger.model import Conversion, Touch, TouchKind
from touchline.registry.attribution_rules import AttributionRules
from touchline.registry.model import Partner

HOUR = 3_600_000
PARTNERS = ("acme", "beta")
RULES = AttributionRules(data_driven_models=("shapley",))
REGISTRY = a_registry(rules=RULES, partners=[Partner(PartnerId(one)) for one in PARTNERS])
TERMS = Terms(REGISTRY, rule_book(REGISTRY, RULES, "purchase"), Creditor(RULES), "1")

touches = st.lists(
    st.builds(
        lambda n, hours, channel, kind, partner, flags: a_touch(
            id=f"tch_{n}",
            occurred_at=NOON - int(hours * HOUR),
            channel=channel,
            kind=kind,
            partner=partner,
            flags=flags,
        ),
        st.integers(0, 10**6),
        st.floats(-2, 24 * 40, allow_nan=False),
        st.sampled_from(["ads", "email", "direct", "affiliate"]),
        st.sampled_from(list(TouchKind)),
        st.none() | st.sampled_from([PartnerId(one) for one in PARTNERS]),
        st.sampled_from([(), ("bot",)]),
    ),
    max_size=8,
    unique_by=lambda touch: (touch.id, touch.occurred_at),  # what makes a row one
)
claims = st.lists(
    st.builds(
        lambda scope, value, payout: a_conversion(
            scope=scope,
            partner=PartnerId(scope) if scope else None,
            value_micros=value,
            payout_micros=payout,
        ),
        st.sampled_from(["", *PARTNERS]),
        st.integers(0, 10**12),
        st.integers(0, 10**9),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda claim: claim.key.scope,
)


def person(made: list[Touch]) -> Person:
    return Person((Identity("crm:7"),), tuple(made))


@given(claims, touches)
def test_credit_and_value_are_given_exactly_once(said: list[Conversion], made: list[Touch]) -> None:
    decisions = decide(said, person(made), TERMS)
    assert len(decisions) == len(said)
    attributed = [one for one in decisions if one.outcome == ATTRIBUTED]
    assert len(attributed) <= 1
    for decision in attributed:
        for given_ in decision.credits.values():
            assert sum(one.share_ppb for one in given_) == WHOLE
            assert sum(one.value_micros for one in given_) == decision.value_micros


@given(claims, touches)
def test_one_partner_is_paid_at_most_and_every_other_is_told_why(
    said: list[Conversion], made: list[Touch]
) -> None:
    decisions = decide(said, person(made), TERMS)
    paid = {one.partner for decision in decisions for one in decision.payouts}
    assert len(paid) <= 1
    losers = [one for decision in decisions for one in decision.losers]
    assert all(one.reason and one.partner not in paid for one in losers)


@given(claims, touches, st.randoms(use_true_random=False))
def test_the_order_of_claims_and_touches_changes_nothing(
    said: list[Conversion], made: list[Touch], chance: random.Random
) -> None:
    before = decide(said, person(made), TERMS)
    chance.shuffle(said)
    chance.shuffle(made)
    assert decide(said, person(made), TERMS) == before


@given(touches)
def test_a_touch_recorded_twice_counts_once(made: list[Touch]) -> None:
    doubled = [*made, *(replace(one, identity=Identity("visitor:v")) for one in made)]
    assert [one.id for one in in_order(doubled)] == [one.id for one in in_order(made)]


@given(touches, st.integers(1, 30 * 24))
def test_a_shorter_window_never_adds_a_touch(made: list[Touch], hours: int) -> None:
    shorter = replace(RULES, windows=dict.fromkeys(RULES.windows, hours * 3600))
    longer = replace(RULES, windows=dict.fromkeys(RULES.windows, 2 * hours * 3600))
    ordered = [one for one in in_order(made) if one.channel != "direct"]
    few = judge(ordered, NOON, rule_book(REGISTRY, shorter, "purchase"))
    many = judge(ordered, NOON, rule_book(REGISTRY, longer, "purchase"))
    assert all(not later for early, later in zip(few, many, strict=True) if not early)


@given(touches)
def test_nothing_after_the_conversion_is_ever_on_the_path(made: list[Touch]) -> None:
    [decision] = decide([a_conversion()], person(made), TERMS)
    assert all(step.occurred_at < NOON for step in decision.path)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(1, 999), min_size=1, max_size=9))
def test_splitting_by_parts_is_splitting_by_shares(total: int, parts: list[int]) -> None:
    whole = sum(parts)
    assert split_by_parts(total, parts, whole) == split_micros(
        total, [Fraction(part, whole) for part in parts]
    )
