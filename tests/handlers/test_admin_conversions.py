"""What an operator does to conversions: approve, reject, refund, hold, release."""

from typing import Any

import pytest

from tests.admin_api import START, AdminApi, Answer
from tests.factories import a_conversion
from touchline.kernel.ids import ConversionId, EventName
from touchline.ledger.model import Conversion, ConversionKey, Status
from touchline.ledger.store import LedgerStore

SHOP = {"account": "shop"}
PAID = {"value_micros": 10_000_000, "payout_micros": 1_000_000, "payout_currency": "EUR"}


class Office(AdminApi):
    """The admin function, with account `shop`, its events, and conversions in the ledger."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shop()
        for event in ("purchase", "sign_up"):
            assert self.post("/admin/events", {"api_name": event}, query=SHOP).status == 201
        self.ledger = LedgerStore(self.connections.table("ledger"))

    def add(self, **stated: Any) -> Conversion:
        conversion = a_conversion(occurred_at=START - 1000, **{**PAID, **stated})
        assert self.ledger.add_conversion(conversion) is None
        return conversion

    def act(self, action: str, conversion_id: str = "A-1", **said: Any) -> Answer:
        return self.post(f"/admin/conversions/{conversion_id}/{action}", said, query=SHOP)

    def stored(self, scope: str = "") -> Conversion:
        key = ConversionKey(EventName("purchase"), ConversionId("A-1"), scope)
        found = self.ledger.conversion(a_conversion().realm, key)
        assert found is not None
        return found


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_conversion_is_shown_with_its_money_its_history_and_its_repeats(office: Office) -> None:
    office.add()
    office.act("reject", reason="fraud")
    [item] = office.get("/admin/conversions/A-1", query=SHOP).body["items"]
    assert (item["value"], item["currency"], item["status"]) == ("10.00", "EUR", "rejected")
    assert item["history"][0]["before"] == {"status": "approved", "flags": ""}
    assert "fraud" in item["history"][0]["cause"]
    assert item["repeats"] == []


def test_a_rejected_conversion_can_be_approved_again(office: Office) -> None:
    office.add(status=Status.PENDING)
    assert office.act("reject").body["status"] == "rejected"
    assert office.act("approve").body["status"] == "approved"
    assert [revision.before["status"] for revision in office.stored().history] == [
        "pending",
        "rejected",
    ]


def test_doing_what_is_done_changes_nothing(office: Office) -> None:
    office.add()
    assert office.act("approve").body["version"] == 1


def test_what_is_held_comes_back_to_what_it_was(office: Office) -> None:
    office.add(status=Status.PENDING)
    held = office.act("hold", reason="velocity").body
    assert (held["status"], held["flags"]) == ("hold", ["held"])
    released = office.act("release").body
    assert (released["status"], released["flags"]) == ("pending", [])


def test_what_arrived_on_hold_is_approved_by_its_release(office: Office) -> None:
    office.add(status=Status.HOLD)
    assert office.act("release").body["status"] == "approved"


def test_what_is_not_held_cannot_be_released(office: Office) -> None:
    office.add()
    assert (office.act("release").status, office.act("release").code) == (409, "not_held")


def test_refunds_are_entries_and_end_when_nothing_is_left(office: Office) -> None:
    office.add()
    part = office.act("refund", amount="4", refund_id="R-1", reason="one of two").body
    assert (part["value"], part["net_value"], part["net_payout"]) == ("10.00", "6.00", "0.60")
    again = office.act("refund", amount="4", refund_id="R-1").body
    assert again["net_value"] == "6.00"
    assert office.act("refund", amount="7").code == "refund_too_large"
    rest = office.act("refund").body
    assert (rest["net_value"], rest["net_payout"]) == ("0.00", "0.00")
    second = office.act("refund")
    assert (second.status, second.code) == (409, "already_refunded")


def test_after_the_lock_date_only_entries_change_a_conversion(office: Office) -> None:
    office.patch("/admin/accounts/shop", {"lock_after_seconds": 3600})
    office.add()
    office.now = START + 3_600_000
    assert office.act("hold").code == "locked"
    assert office.act("refund", amount="1").body["net_value"] == "9.00"
    rejected = office.act("reject", reason="late fraud").body
    assert (rejected["status"], rejected["net_value"]) == ("approved", "0.00")
    assert [entry["kind"] for entry in rejected["entries"]] == ["refund", "correction"]
    assert office.act("reject").code == "already_refunded"


def test_several_claims_to_one_order_must_be_told_apart(office: Office) -> None:
    office.add()
    office.add(scope="acme")
    assert (office.act("hold").status, office.act("hold").code) == (409, "ambiguous_conversion")
    assert office.act("hold", partner="acme").body["partner"] == "acme"
    assert office.stored().status is Status.APPROVED
    assert office.act("hold", partner="").body["partner"] is None
    assert office.act("hold", partner="nobody").status == 404


def test_an_event_tells_two_conversions_with_one_id_apart(office: Office) -> None:
    office.add()
    office.add(event="sign_up")
    assert office.act("hold").code == "ambiguous_conversion"
    assert office.act("hold", event="sign_up").body["event"] == "sign_up"


def test_a_conversion_under_an_events_former_name_is_found(office: Office) -> None:
    office.add()
    office.post(
        "/admin/events/purchase/rename", {"to": "complete_purchase", "version": "*"}, query=SHOP
    )
    assert office.act("hold").body["event"] == "purchase"


def test_a_change_meanwhile_is_not_overwritten(office: Office) -> None:
    office.add()
    office.act("hold")
    stale = office.act("approve", version=1)
    assert (stale.status, stale.code) == (409, "stale_version")


@pytest.mark.parametrize(
    "said",
    [
        {"amount": "nan"},
        {"amount": "-1"},
        {"amount": "0"},
        {"amount": 5},
        {"reason": "x" * 256},
        {"version": "one"},
        {"version": {"is": 1}},
        {"version": [1]},
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(office: Office, said: dict[str, Any]) -> None:
    office.add()
    answer = office.act("refund", **said)
    assert (answer.status, answer.code) == (400, "bad_field")
    assert office.stored().entries == ()


def test_every_change_is_in_the_audit_trail_and_a_refusal_is_not(office: Office) -> None:
    office.add()
    office.act("release")
    office.act("reject", reason="fraud")
    trail = office.get("/admin/audit", query=SHOP).body["items"]
    [entry] = [entry for entry in trail if entry["kind"] == "conversion"]
    assert (entry["action"], entry["thing"]) == ("reject", "purchase/A-1/")
    assert (entry["before"]["status"], entry["after"]["status"]) == ("approved", "rejected")


def test_an_unknown_conversion_is_not_found(office: Office) -> None:
    assert office.act("approve", "A-9").status == 404
    assert office.get("/admin/conversions/A-9", query=SHOP).status == 404


def test_a_test_token_corrects_the_test_side_only(office: Office) -> None:
    office.add()
    token = office.token("shop", "admin", test=True)
    answer = office.post("/admin/conversions/A-1/reject", {}, token=token)
    assert answer.status == 404
