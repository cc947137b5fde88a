"""A person who asks to be forgotten is found nowhere afterwards, and no report moves."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests import delivery_world, night_world
from tests.delivery_world import an_endpoint
from tests.factories import NOON, a_conversion, a_touch
from tests.memory_table import MemoryTable
from tests.night_world import SHOP, TODAY, a_link
from touchline.delivery.model import State
from touchline.kernel.errors import NotFound, StoreUnavailable
from touchline.kernel.ids import CampaignId, ClickId, EndpointId, PartnerId, Receipt
from touchline.ledger.conversion_rows import conversion_item
from touchline.ledger.identity import Identity, of_email
from touchline.ledger.model import ERASED, Envelope, Quarantined, Repeat
from touchline.platform.dynamo import Item, Key
from touchline.platform.stream import Changed
from touchline.privacy.erase import Asked, Eraser
from touchline.privacy.store import PrivacyStore
from touchline.registry.model import EndpointFormat, Firing

MAIL = "jane.canary@example.com"
GOOGLE, META = of_email(MAIL)
CANARIES = (
    "jane.canary",
    GOOGLE.partition(":")[2],
    "crm-canary-7",
    "visitor-canary",
    "click-canary",
    "203.0.113.77",
    "Canary/1.0",
    "gclid-canary",
    "ref-canary",
    "Canary Street",
)
CRM, VISITOR, CLICK = Identity("crm:crm-canary-7"), "visitor:visitor-canary", "click:click-canary"
EVERYTHING = Asked(SHOP, (CRM,), ("crm-canary-7",), "tok_1 (ops)")


def a_request() -> Envelope:
    body = json.dumps({"email": MAIL, "address": "Canary Street"}).encode()
    return Envelope("POST", "/event", f"email={MAIL}", {}, body, NOON, "203.0.113.77")


class Story:
    """Jane clicked an affiliate's link, came back, bought; a partner heard of it."""

    def __init__(self) -> None:
        self.sent = delivery_world.World(
            an_endpoint(partner=PartnerId("acme")),
            an_endpoint(
                id=EndpointId("pixel"),
                format=EndpointFormat.GET,
                url="https://acme.example.net/pb?mail={conversion_id}",
            ),
            an_endpoint(id=EndpointId("later"), firing=Firing(events=())),
        )
        self.nights = night_world.World(ledger_table=self.sent.ledger_table)
        self.nights.happened(*self._touches(), *self._links(), *self._conversions())
        ledger = self.nights.ledger
        ledger.put_attributes(SHOP, CRM, {"street": "Canary Street"}, NOON)
        ledger.quarantine(
            Quarantined(
                SHOP, Receipt("rcp_q"), TODAY, "bad_value", "", None, "", "/event", a_request()
            )
        )
        ledger.add_repeat(
            SHOP, Repeat(self.bought.key, Receipt("rcp_r"), NOON, "d1", envelope=a_request())
        )
        self.sent.tell(Changed("1", NOON, None, conversion_item(self.bought)))
        self.sent.work()
        self.sent.accept(id="B-1")  # somebody else's
        self.nights.night()
        self.eraser = self.eraser_over(self.sent.ledger_table)

    def eraser_over(self, ledger: Any) -> Eraser:
        numbers = iter(range(1, 100))
        return Eraser(
            PrivacyStore(ledger, self.nights.results, self.sent.table),
            self.sent.queue,
            lambda: NOON,
            lambda prefix: f"{prefix}_{next(numbers)}",
            lambda bits: (1 << bits) - next(numbers),
        )

    def erase(self) -> Any:
        return self.eraser.erase(EVERYTHING, self.sent.declared)

    @property
    def bought(self) -> Any:
        return a_conversion(
            identities=(Identity(CLICK), CRM, GOOGLE, META),
            click_id=ClickId("click-canary"),
            partner=PartnerId("acme"),
            subs={"sub1": "spring", "sub2": MAIL},
            parameters={"email": MAIL, "address": "Canary Street"},
            envelope=a_request(),
        )

    def _touches(self) -> list[Any]:
        personal = {
            "ip": "203.0.113.77",
            "user_agent": "Canary/1.0",
            "ad_ids": {"gclid": "gclid-canary"},
            "click_ref": "ref-canary",
            "subs": {"sub1": "spring"},
        }
        return [
            a_touch(
                identity=Identity(CLICK),
                click_id=ClickId("click-canary"),
                partner=PartnerId("acme"),
                campaign=CampaignId("spring"),
                **personal,
            ),
            a_touch(
                identity=Identity(VISITOR), channel="email", occurred_at=NOON - 60_000, **personal
            ),
            a_touch(identity=Identity("crm:other"), channel="seo", occurred_at=NOON - 120_000),
        ]

    def _links(self) -> list[Any]:
        return [
            a_link(CLICK, CRM),
            a_link(CRM, VISITOR),
            a_link(CRM, GOOGLE),
            a_link(CRM, META),
        ]

    def _conversions(self) -> list[Any]:
        other = a_conversion(id="B-1", identities=(Identity("crm:other"),))
        return [self.bought, other]

    def stored(self) -> str:
        tables = (self.sent.ledger_table, self.nights.results, self.sent.table)
        return "\n".join(repr(item) for table in tables for item in table.items())

    def published(self) -> str:
        nights = self.nights.bench().nights
        pointer = nights.pointer(SHOP, TODAY)
        assert pointer is not None
        return repr(list(nights.version(SHOP, TODAY, pointer.version, "")))

    def earned(self) -> Any:
        return {
            name: (one.outcome, one.credits, one.payer, one.matched_by)
            for name, one in self.nights.decisions().items()
        }


@pytest.mark.parametrize("canary", CANARIES)
def test_the_story_leaves_every_canary_somewhere(canary: str) -> None:
    assert canary in Story().stored()


def test_nothing_of_the_person_is_left_in_any_table() -> None:
    story = Story()
    story.erase()
    left = story.stored()
    assert [canary for canary in CANARIES if canary in left] == []


def test_others_keep_what_is_theirs() -> None:
    story = Story()
    story.erase()
    assert "crm:other" in story.stored()
    assert len(story.nights.ledger.around(SHOP, Identity("crm:other")).touches) == 1


def test_credit_stays_where_it_was_and_another_night_decides_the_same() -> None:
    story = Story()
    before = story.earned()
    story.erase()
    assert story.earned() == before
    story.nights.night()
    assert story.earned() == before
    assert before["A-1"][0] == "attributed"


def test_whoever_was_sent_something_is_told_by_a_signed_webhook() -> None:
    story = Story()
    done = story.erase()
    assert done.told == ("hook", "later")
    assert done.untold == ("pixel",)
    story.sent.scripted.requests.clear()
    story.sent.work()
    bodies = [json.loads(one.body) for one in story.sent.scripted.requests if one.body]
    told = [body for body in bodies if body["type"] == "person.erased"]
    assert len(told) == 2
    assert told[0]["data"]["conversions"] == [{"event": "purchase", "conversion_id": "A-1"}]
    assert told[0]["data"]["receipt"] == done.receipt


def test_what_waited_to_be_sent_is_cancelled() -> None:
    story = Story()
    waiting = story.sent.change(replace(story.bought, version=2, value_micros=1), story.bought)
    assert waiting
    story.erase()
    after = [story.sent.store.delivery(SHOP, one.id) for one in waiting]
    assert {(one.state, one.reason, one.body) for one in after if one} == {
        (State.CANCELLED, ERASED, "")
    }


def test_the_stream_of_an_erasure_announces_nothing_else() -> None:
    story = Story()
    before = conversion_item(story.bought)
    decided = {item["pk"]: item for item in story.nights.results.items()}
    story.erase()
    after = story.nights.ledger.conversion(SHOP, story.bought.key)
    assert after is not None
    assert story.sent.tell(Changed("2", NOON, before, conversion_item(after))) == []
    for item in story.nights.results.items():
        if item["kind"] == "decision":
            assert story.sent.tell(Changed("3", NOON, decided[item["pk"]], item)) == []


def test_the_receipt_stays_and_names_nobody() -> None:
    story = Story()
    done = story.erase()
    rows = [item for item in story.sent.ledger_table.items() if item["kind"] == "erasure"]
    assert [row["sk"] for row in rows] == [done.receipt]
    assert rows[0]["counts"] == {
        "identities": 5,
        "touches": 2,
        "conversions": 1,
        "deliveries": 3,
        "quarantined": 1,
    }


def test_a_day_whose_roll_up_names_the_person_by_a_sub_id_is_to_be_restated() -> None:
    story = Story()
    sub = {"sub1": "crm-canary-7"}
    named = a_touch(identity=CRM, channel="push", subs=sub, occurred_at=NOON - 90_000)
    story.nights.happened(named)
    story.nights.night(recompute=True)
    assert "crm-canary-7" in story.published()
    assert story.erase().restate == (TODAY,)
    story.nights.night(recompute=True)
    assert "crm-canary-7" not in story.published()


def test_nothing_to_erase_is_said() -> None:
    story = Story()
    story.erase()
    with pytest.raises(NotFound) as caught:
        story.erase()
    assert caught.value.code == "unknown_person"


class Failing(MemoryTable):
    """The same rows, behind a connection that breaks at the n-th write."""

    def __init__(self, table: MemoryTable, good: int) -> None:
        self.__dict__.update(table.__dict__)
        self._good = good

    def _write(self) -> None:
        self._good -= 1
        if self._good < 0:
            raise StoreUnavailable("down")

    def put(self, item: Item, **how: Any) -> None:
        self._write()
        super().put(item, **how)

    def batch_write(self, puts: Sequence[Item] = (), deletes: Sequence[Key] = ()) -> None:
        for item in puts:
            self._write()
            super().batch_write([item])
        for key in deletes:
            self._write()
            super().batch_write(deletes=[key])


@pytest.mark.parametrize("good", range(0, 26, 2))
def test_an_erasure_that_broke_off_anywhere_is_finished_by_asking_again(good: int) -> None:
    story = Story()
    before = story.earned()
    with pytest.raises(StoreUnavailable):
        story.eraser_over(Failing(story.sent.ledger_table, good)).erase(
            EVERYTHING, story.sent.declared
        )
    story.erase()
    left = story.stored()
    assert [canary for canary in CANARIES if canary in left] == []
    story.nights.night()
    assert story.earned() == before
