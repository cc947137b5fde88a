"""What is declared reads back as it was written."""

from hypothesis import given
from hypothesis import strategies as st

from touchline.kernel.ids import AccountId, EventName, PartnerId
from touchline.registry.attribution_rules import AttributionRules, StandDown
from touchline.registry.commission import Cap, PayoutRule, Tier
from touchline.registry.model import (
    Account,
    Duplicates,
    Endpoint,
    EventDefinition,
    IpMode,
    NameSpan,
    Partner,
    RateLimit,
    Registry,
    Token,
    ValueRule,
)
from touchline.registry.rows import document, value_of

KINDS = (Account, EventDefinition, Partner, Endpoint, Token)


@given(st.data())
def test_everything_declared_reads_back_as_it_was(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    value = data.draw(st.from_type(kind))
    assert value_of(kind, document(value)) == value


def test_nested_values_read_back_with_their_types() -> None:
    account = Account(
        AccountId("shop"),
        ip_mode=IpMode.DROP,
        rules=AttributionRules(
            windows={"click": 60}, stand_downs=(StandDown("coupons", "coupon", 3600),)
        ),
    )
    partner = Partner(
        PartnerId("acme"),
        rate_limit=RateLimit(5),
        payouts=(PayoutRule(tiers=(Tier(1, 5_000_000),)),),
        caps=(Cap("day", 10),),
    )
    event = EventDefinition(
        EventName("purchase"),
        duplicates=Duplicates.ADD,
        names=(NameSpan(EventName("buy"), 0, 5),),
        values=(ValueRule(fixed_micros=7),),
    )
    assert value_of(Account, document(account)) == account
    assert value_of(Partner, document(partner)) == partner
    assert value_of(EventDefinition, document(event)) == event
    assert value_of(EventDefinition, document(event)).duplicates is Duplicates.ADD


def test_a_field_that_was_not_stored_has_its_default_and_an_unknown_one_is_dropped() -> None:
    assert value_of(Account, {"id": "shop", "was": 1}) == Account(AccountId("shop"))


def test_defaults_are_written_down() -> None:
    """So that a default that changes later does not change what was declared before."""
    assert document(Account(AccountId("shop")))["currency"] == "USD"
    assert document(Registry(Account(AccountId("shop"))))["events"] == {}
