"""The rows of decisions: what is written reads back, and equal decisions are known as equal."""

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from touchline.kernel.ids import ConversionId, EventName, PartnerId, Realm, TouchId
from touchline.ledger.decisions import (
    ATTRIBUTED,
    Candidate,
    Credit,
    Decision,
    Loser,
    Payout,
    decision_item,
    decision_of,
    same_content,
)
from touchline.ledger.identity import Identity
from touchline.ledger.model import ConversionKey
from touchline.ledger.result_keys import decision_key

words = st.text(st.characters(codec="utf-8"), max_size=12)
candidates = st.builds(
    Candidate,
    touch=words.map(TouchId),
    identity=words.map(Identity),
    kind=st.sampled_from(["click", "view"]),
    channel=words,
    occurred_at=st.integers(0, NOON),
    partner=st.none() | words.filter(bool).map(PartnerId),
    subs=st.dictionaries(words, words, max_size=2),
    verdict=st.sampled_from(["", "bot", "outside_window:click"]),
)
decisions = st.builds(
    Decision,
    realm=st.just(Realm("shop")),
    key=st.builds(
        ConversionKey, words.map(EventName), words.map(ConversionId), st.sampled_from(["", "acme"])
    ),
    occurred_at=st.integers(0, NOON),
    outcome=st.just(ATTRIBUTED),
    value_micros=st.integers(-(10**18), 10**18),
    candidates=st.lists(candidates, max_size=3).map(tuple),
    left_out=st.dictionaries(words, st.integers(1, 9), max_size=2),
    credits=st.dictionaries(
        words,
        st.lists(
            st.builds(Credit, st.integers(0, 9), st.integers(1, 10**9), st.integers(0, 10**18)),
            max_size=3,
        ).map(tuple),
        max_size=2,
    ),
    payouts=st.lists(
        st.builds(Payout, words.map(PartnerId), st.integers(), st.none() | st.integers(0, 9)),
        max_size=2,
    ).map(tuple),
    losers=st.lists(st.builds(Loser, words.map(PartnerId), words, words), max_size=2).map(tuple),
    keys=st.lists(words, max_size=2).map(tuple),
    run=words,
)


@given(decisions)
def test_a_decision_reads_back_from_its_row(decision: Decision) -> None:
    assert decision_of(decision_item(decision)) == decision


def test_the_same_decision_by_another_run_is_the_same_content() -> None:
    first = decision_item(a_decision(run="2026-01-02.1", cause="new"))
    again = decision_item(a_decision(run="2026-01-05.1", cause="linked"))
    assert same_content(first, again)
    assert not same_content(first, decision_item(a_decision(value_micros=1)))


def test_the_claims_to_one_order_lie_together_whoever_sent_them() -> None:
    order = EventName("purchase"), ConversionId("A#1")
    own = decision_key(Realm("shop"), ConversionKey(*order), NOON)
    claim = decision_key(Realm("shop"), ConversionKey(*order, "acme"), NOON)
    assert own.pk == claim.pk
    assert (own.sk, claim.sk) == ("purchase#A%231#", "purchase#A%231#acme")


def test_the_path_is_what_no_verdict_struck_out() -> None:
    struck = Candidate(TouchId("1"), Identity("crm:7"), "click", "ads", NOON - 2, verdict="bot")
    kept = Candidate(TouchId("2"), Identity("crm:7"), "click", "ads", NOON - 1)
    assert a_decision(candidates=(struck, kept)).path == (kept,)


def a_decision(**stated: object) -> Decision:
    key = ConversionKey(EventName("purchase"), ConversionId("A-1"))
    values = {
        "realm": Realm("shop"),
        "key": key,
        "occurred_at": NOON,
        "outcome": ATTRIBUTED,
        **stated,
    }
    return Decision(**values)  # type: ignore[arg-type]
