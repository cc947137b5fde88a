"""The fault matrix of intake: what fails, and what must happen all the same."""

import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from tests.factories import NOON
from tests.handlers.ingest_stage import Stage, an_event
from tests.intake_factories import a_registry
from tests.memory_table import MemoryTable
from touchline.kernel.clock import DAY_MS, HOUR_MS
from touchline.kernel.errors import StoreUnavailable
from touchline.kernel.ids import EventName, Realm
from touchline.ledger.model import Conversion, Repeat, Status
from touchline.registry.model import Account, EventDefinition

SHOP = Realm("shop")
SALE = {"event": "purchase", "conversion_id": "A-1", "value": "10.50", "currency": "EUR"}
LINKED = {**SALE, "user_id": "7", "visitor": "v1", "email": "a@b.io"}
ALWAYS = 10**6
Answer = TypeVar("Answer")


class Killed(BaseException):
    """The process is gone: nobody is left to answer."""


class MortalTable(MemoryTable):
    """Dies once at the n-th call, before the work or right after it."""

    def __init__(self, nth: int, *, after: bool) -> None:
        super().__init__()
        self._left = nth
        self._after = after

    def live_on(self) -> None:
        self._left = 0

    def _call(self, operation: str, work: Callable[[], Answer]) -> Answer:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        answer = super()._call(operation, work)
        if self._left == 0:
            raise Killed
        return answer


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_i1_a_write_that_timed_out_unapplied_is_stored_once(stage: Stage) -> None:
    """I1: the table's client tries again within its budget; what is left goes to the spill queue
    and from there into the table, once."""
    stage.table.fail("put", StoreUnavailable)
    assert stage.postback(**SALE).outcome == "spilled"
    assert stage.drain() == []
    assert stage.conversion("A-1").version == 1


def test_i2_a_write_whose_answer_was_lost_is_stored_once(stage: Stage) -> None:
    """I2, IN-04: drained, it is recognised by its attempt: stored, not a duplicate."""
    stage.table.fail("put", StoreUnavailable, applied=True)
    assert stage.postback(**SALE).status == 200
    assert stage.drain() == []
    assert len(stage.rows("conversion")) == 1
    assert stage.rows("repeat") == []


def test_i3_a_throttled_table_spills_and_the_spill_drains_once(stage: Stage) -> None:
    """I3, IN-06."""
    stage.table.fail("put", StoreUnavailable)
    answer = stage.postback(**SALE)
    assert (answer.status, answer.outcome) == (200, "spilled")
    bodies = stage.spill.bodies()
    assert stage.drained(bodies) == []
    assert stage.drained(bodies) == []
    assert (len(stage.rows("conversion")), len(stage.rows("repeat"))) == (1, 0)
    assert stage.conversion("A-1").receipt == answer.receipt


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_i4_whatever_the_order_of_the_drain_the_decision_stands(
    stage: Stage, order: tuple[int, ...]
) -> None:
    """I4: an hour's outage spills everything; a `pending` never undoes what was decided."""
    stage.table.fail("put", StoreUnavailable, times=3)
    for status in ("pending", "approved", "pending"):
        stage.now += HOUR_MS // 3
        assert stage.postback(**SALE, status=status).outcome == "spilled"
    bodies = stage.spill.bodies()
    assert stage.drained([bodies[n] for n in order]) == []
    assert stage.conversion("A-1").status is Status.APPROVED
    assert len(stage.rows("conversion")) == 1


def test_i5_when_neither_store_answers_the_sender_is_told_to_come_back(stage: Stage) -> None:
    """I5, IN-07: 503 with Retry-After, never 200, never 4xx."""
    stage.table.fail("put", StoreUnavailable)
    stage.spill.fail()
    answer = stage.postback(**SALE)
    assert (answer.status, answer.code) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert any('"Unavailable":1' in line for line in stage.log)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", range(1, 13))
@pytest.mark.parametrize("said", [SALE, LINKED], ids=["plain", "linked"])
def test_i7_whenever_the_process_dies_a_retry_makes_it_whole_and_single(
    said: dict[str, str], nth: int, after: bool
) -> None:
    """I7, IN-01: no 200 without the row; a retry completes what the dead process began."""
    table = MortalTable(nth, after=after)
    stage = Stage(table=table)
    try:
        answer = stage.postback(**said)
    except Killed:
        answer = stage.postback(**said)
    table.live_on()
    assert answer.status == 200
    assert stage.conversion("A-1").value_micros == 10_500_000
    identities = stage.conversion("A-1").identities
    around = stage.ledger.around(SHOP, identities[0]) if identities else None
    assert not identities or (around and len(around.links) == len(identities) - 1)


def test_i10_of_fifty_identical_requests_at_once_one_is_stored(stage: Stage) -> None:
    """I10, IN-03."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: stage.postback(**SALE), range(50)))
    assert {answer.status for answer in answers} == {200}
    outcomes = [answer.outcome for answer in answers]
    assert (outcomes.count("stored"), outcomes.count("duplicate")) == (1, 49)


def test_i11_other_content_under_the_same_id_is_kept_beside_the_first(stage: Stage) -> None:
    """I11, IN-09: the first wins, the conflict is a row with both digests, the answer is 200."""
    stage.postback(**SALE, click_id="c1")
    answer = stage.postback(**SALE, click_id="c2")
    assert (answer.status, answer.json["reasons"]) == (200, ["conflicting_repeat"])
    (repeat,) = stage.ledger.repeats(SHOP, stage.conversion("A-1").key)
    assert repeat.conflict
    assert repeat.first_digest == stage.conversion("A-1").digest != repeat.digest


@pytest.mark.parametrize(
    "body",
    [
        b'{"event": "purchase", "conversion_id": "\xff\xfe"}',
        b'{"event": "purchase", "conversion_id": "a\\u0000b"}',
        b'{"event": "purchase", "conversion_id": "\\uffff"}',
        b'{"event": "purchase", "conversion_id": "\\ud800"}',
        b'{"event": "purchase"',
        b'{"event": "purchase", "event": "sign_up"}',
        b'{"event": "purchase", "conversion_id": "1", "value": NaN}',
        b'{"event": "purchase", "conversion_id": "1", "value": 1' + b"0" * 5000 + b"}",
        b"[" * 20_000,
        b"\x00\x01\x02",
        b"event=purchase&conversion_id=%ff",
    ],
)
def test_i12_any_bytes_are_kept_and_never_break_the_answer(stage: Stage, body: bytes) -> None:
    """I12, IN-12, IN-13: quarantined with a reason and every byte, answered 200."""
    answer = stage.post("/postback", body)
    assert (answer.status, answer.outcome) == (200, "quarantined")
    found = stage.ledger.find_quarantined(SHOP, answer.receipt)  # type: ignore[arg-type]
    assert found is not None
    assert found.envelope.body == body


def test_i12_bytes_survive_the_spill_queue(stage: Stage) -> None:
    """I12, IN-12: what SQS would refuse or replace goes as base64."""
    body = bytes(range(256))
    stage.table.fail("put", StoreUnavailable)
    receipt = stage.post("/postback", body).receipt
    assert all(character < "\x7f" for character in stage.spill.bodies()[0])
    assert stage.drain() == []
    found = stage.ledger.find_quarantined(SHOP, receipt)  # type: ignore[arg-type]
    assert found is not None
    assert found.envelope.body == body


@pytest.mark.parametrize(
    ("said", "occurred_at", "flag"),
    [
        (str(NOON), NOON, ""),
        (str(NOON // 1000), NOON, "seconds"),
        (str(NOON + 299_000), NOON + 299_000, ""),
        (str(NOON + DAY_MS), NOON, "skewed"),
        (str(NOON - DAY_MS), NOON - DAY_MS, "late"),
        ("2026-01-01T13:00:00+01:00", NOON, ""),
        ("2025-10-26T02:30:00+01:00", None, "too_old"),
        ("2026-01-01T12:00:00", NOON, "assumed_utc"),
        (str(NOON + DAY_MS + 1), None, "in_future"),
        (str(NOON * 1000), None, "bad_time"),
        ("2026-02-29T00:00:00Z", None, "bad_time"),
    ],
)
def test_i15_a_skewed_clock_is_remarked_and_the_conversion_stored(
    stage: Stage, said: str, occurred_at: int | None, flag: str
) -> None:
    """I15, IN-17: event time and time of receipt are two; nothing is dropped."""
    answer = stage.postback(**SALE, occurred_at=said)
    assert answer.status == 200
    if occurred_at is None:
        assert answer.json["reasons"] == [flag]
        return
    stored = stage.conversion("A-1")
    assert (stored.occurred_at, stored.received_at) == (occurred_at, NOON)
    assert not flag or flag in stored.flags


def test_i16_a_wrong_token_leaves_no_trace(stage: Stage) -> None:
    """I16, SE-12: 401, and not one call to the table."""
    assert stage.postback("guess", **SALE).status == 401
    assert stage.table.calls == []


def test_i17_when_tokens_cannot_be_read_the_sender_is_told_to_come_back(stage: Stage) -> None:
    """I17: 503 and not 401, which no partner sends again."""
    stage.registrar.down.append(StoreUnavailable("down"))
    answer = stage.postback(**SALE)
    assert answer.status == 503
    assert "retry-after" in answer.headers


def test_i18_one_poisoned_message_fails_alone(stage: Stage) -> None:
    """I18, IN-19: the others are done; the poisoned one comes again, at last as a dead letter."""
    stage.table.fail("put", StoreUnavailable, times=2)
    stage.postback(**SALE)
    stage.postback(**{**SALE, "conversion_id": "A-2"})
    first, second = stage.spill.bodies()
    poison = ["", "null", "{}", "[]", '{"version": 2}', json.dumps({"kind": "visit"})]
    failed = stage.drained([first, *poison, second])
    assert failed == [str(n) for n in range(1, 1 + len(poison))]
    assert {row["id"] for row in stage.rows("conversion")} == {"A-1", "A-2"}


@pytest.mark.parametrize("operation", ["put", "query", "batch_get"])
def test_i19_a_drain_that_breaks_inside_reports_the_message(stage: Stage, operation: str) -> None:
    """I19, IN-20: never an empty answer for work that was not done."""
    stage.table.fail("put", StoreUnavailable)
    stage.postback(**SALE)
    stage.table.fail("put", lambda: RuntimeError(operation), times=ALWAYS)
    assert stage.drain() == ["0"]


def test_i21_redriving_the_dead_letters_twice_has_no_second_effect(stage: Stage) -> None:
    """I21, IN-22."""
    stage.table.fail("put", StoreUnavailable, times=3)
    for said in (SALE, {**SALE, "value": "12"}, {**SALE, "status": "refunded"}):
        stage.postback(**said)
        stage.now += 1
    bodies = stage.spill.bodies()
    assert stage.drained(bodies) == []
    once = stage.conversion("A-1")
    for _ in range(2):
        assert stage.drained(bodies) == []
    again = stage.conversion("A-1")
    assert (again.value_micros, again.entries, again.status) == (
        once.value_micros,
        once.entries,
        once.status,
    )
    assert len(stage.rows("conversion")) == 1


def test_i22_a_conversion_is_known_however_late_it_comes_again() -> None:
    """I22, IN-10: the row that dedupes has no time to live; the window has no end."""
    patient = Account(a_registry().account.id, max_age_seconds=400 * 86_400)
    stage = Stage(a_registry(account=patient))
    stage.postback(**SALE, occurred_at=str(NOON))
    stage.now += 365 * DAY_MS
    assert stage.postback(**SALE, occurred_at=str(NOON)).outcome == "duplicate"
    assert all("expires_at" not in row for row in stage.rows("conversion"))


def test_a_fault_of_our_own_costs_nobody_a_conversion(stage: Stage) -> None:
    """IN-01: what breaks after authentication waits in the spill queue, and the log tells."""
    stage.table.fail("put", ZeroDivisionError)
    assert stage.postback(**SALE).outcome == "spilled"
    assert any('"code":"internal"' in line for line in stage.log)
    assert stage.drain() == []
    assert stage.conversion("A-1").value_micros == 10_500_000


CANARY = "tl_live_canarycanarycanary"


@pytest.mark.parametrize(
    "break_it",
    [
        lambda _: None,
        lambda stage: stage.table.fail("put", StoreUnavailable),
        lambda stage: stage.table.fail("put", lambda: RuntimeError(CANARY), times=ALWAYS),
        lambda stage: (stage.table.fail("put", StoreUnavailable), stage.spill.fail()),
        lambda stage: stage.registrar.down.append(StoreUnavailable(CANARY)),
    ],
    ids=["fine", "spilled", "broken", "unavailable", "registry down"],
)
@pytest.mark.parametrize(
    ("query", "body", "kind"),
    [
        (f"token={CANARY}&event=purchase&conversion_id=A-1", b"", ""),
        (f"TOKEN={CANARY}&event=nope", b"", ""),
        (f"event=purchase&security_token={CANARY}", b"", ""),
        ("", f"token={CANARY}&event=purchase".encode(), "application/x-www-form-urlencoded"),
        (f"token={CANARY}", f'{{"token": "{CANARY}"}}'.encode(), "application/json"),
    ],
)
def test_i23_a_secret_of_the_url_appears_nowhere(
    stage: Stage, break_it: Callable[[Stage], Any], query: str, body: bytes, kind: str
) -> None:
    """I23, SE-08, SE-01: not in rows, logs, messages, answers, whatever goes wrong."""
    stage.registrar.tokens[CANARY] = stage.registrar.tokens["own"]
    break_it(stage)
    headers = {"content-type": kind} if kind else {}
    answer = stage.request("POST", "/postback", query=query, body=body, headers=headers)
    seen = [repr(stage.table.items()), *stage.log, *stage.spill.bodies(), str(answer)]
    assert not any(CANARY in text for text in seen)


def test_personal_data_is_not_logged(stage: Stage) -> None:
    """SE-09: neither plain nor in an error's text; the address is stored as hashes only."""
    stage.postback(**SALE, email="jane@example.com", phone="+48 600 100 200")
    stage.postback(**SALE, email="jane@example@com")
    assert not any("jane" in line or "600" in line for line in stage.log)


def test_a_conversion_without_an_id_is_still_deduped(stage: Stage) -> None:
    """IN-08: the ID is derived from all that was said, and remarked."""
    said = {"event": "purchase", "value": "1", "currency": "EUR", "user_id": "7"}
    answers = [stage.postback(**said) for _ in range(2)]
    assert [answer.outcome for answer in answers] == ["stored", "duplicate"]
    assert "derived_id" in answers[0].json["reasons"]
    assert stage.postback(**{**said, "value": "2"}).outcome == "stored"


def test_the_success_answer_is_a_small_200(stage: Stage) -> None:
    """IN-14."""
    answer = stage.postback(**SALE)
    assert answer.status == 200
    assert len(answer.body) < 300


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("0.1", 100_000),
        ("10.10", 10_100_000),
        ("1e2", 100_000_000),
        ("999999999999.999999", 999_999_999_999_999_999),
        ("0.000001", 1),
        ("1e-8", "too_precise"),
        ("9" * 39, "bad_amount"),
        ("NaN", "bad_amount"),
        ("Infinity", "bad_amount"),
        ("-0", "bad_amount"),
        ("1,5", "bad_amount"),
        ("0x10", "bad_amount"),
        ("1_000", "bad_amount"),
        ("-5", "negative_amount"),
    ],
)
def test_money_is_exact_or_named(stage: Stage, value: str, kept: int | str) -> None:
    """IN-16: never rounded, never a float; what cannot be kept exactly is quarantined raw."""
    answer = stage.postback(**{**SALE, "value": value})
    if isinstance(kept, int):
        assert stage.conversion("A-1").value_micros == kept
    else:
        assert answer.json["reasons"] == [kept]


def test_the_row_is_committed_before_anything_is_told(stage: Stage) -> None:
    """IN-02: intake sends no message about a conversion; the table's stream tells, so that there
    is no moment between the two."""
    stage.postback(**SALE)
    assert stage.spill.messages == []
    (row,) = stage.rows("conversion")
    assert row["kind"] == "conversion"


def test_a_refund_of_what_never_came_waits_for_it(stage: Stage) -> None:
    """Messages overtake each other: a refund makes no conversion, and loses nothing."""
    refund = stage.postback(**SALE, status="refunded")
    assert (refund.outcome, refund.json["reasons"]) == ("quarantined", ["nothing_to_refund"])
    assert stage.postback(**SALE).outcome == "stored"
    assert stage.conversion("A-1").net_value_micros == 10_500_000
    assert stage.postback(**SALE, status="refunded").outcome == "updated"
    assert stage.conversion("A-1").net_value_micros == 0


def test_everything_that_came_is_in_the_days_changes(stage: Stage) -> None:
    """BA-06: what the night balances: one row per accepted request."""
    for said in (SALE, SALE, {**SALE, "value": "12"}, {**SALE, "conversion_id": "A-2"}):
        stage.postback(**said)
        stage.now += 1
    rows = list(stage.ledger.changed_on(SHOP, "2026-01-01"))
    assert sum(isinstance(row, Conversion) for row in rows) == 2
    assert [row.applied for row in rows if isinstance(row, Repeat)].count(True) == 1
    assert len(rows) == 4


def test_a_paused_source_is_refused_by_name_and_not_collected() -> None:
    """S1: nothing is stored as a conversion while the source is paused."""
    paused = EventDefinition(EventName("purchase"), paused_sources=("crm",))
    stage = Stage(a_registry(events={paused.api_name: paused}))
    answer = stage.post("/event", an_event(source="crm"))
    assert (answer.outcome, answer.code) == ("refused", "source_paused")
    assert stage.rows("conversion") == []
    assert stage.post("/event", an_event(source="web")).outcome == "stored"
