"""Signatures, limits and addresses in front of a partner's postbacks."""

from dataclasses import replace
from secrets import token_bytes
from typing import Any

import pytest

from tests.factories import NOON
from tests.handlers.ingest_stage import Answer, Stage
from tests.intake_factories import a_registry
from touchline.intake.signature import Signed, sign
from touchline.kernel.errors import StoreUnavailable
from touchline.kernel.ids import PartnerId
from touchline.platform.patience import INTAKE
from touchline.platform.sealing import Seals
from touchline.registry.model import IpMode, Partner, RateLimit, Signing, SigningKey

ACME = PartnerId("acme")
OLD, NEW = SigningKey("k1", "old-secret", until_at=NOON + 1000), SigningKey("k2", "new-secret")
SALE = "event=purchase&conversion_id=A-1&value=10&currency=EUR"


def a_stage(**partner: Any) -> Stage:
    return Stage(a_registry(partners={ACME: Partner(ACME, **partner)}))


def signed(key: SigningKey, at_ms: int, said: str = SALE) -> str:
    query = f"{said}&tl_ts={at_ms // 1000}"
    return f"{query}&tl_sig={sign(Signed('GET', '/postback', query), key)}"


def send(stage: Stage, query: str) -> Answer:
    return stage.request("GET", "/postback", query=query, token="acme")


def test_a_signed_postback_is_taken() -> None:
    stage = a_stage(postback_signing=Signing.ENFORCE, signing_keys=(NEW,))
    assert send(stage, signed(NEW, NOON)).outcome == "stored"
    assert stage.conversion("A-1", scope="acme").parameters == {}


@pytest.mark.parametrize(
    ("skew_seconds", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)]
)
def test_a_signature_holds_five_minutes_both_ways(skew_seconds: int, status: int) -> None:
    """SE-04."""
    stage = a_stage(postback_signing=Signing.ENFORCE, signing_keys=(NEW,))
    assert send(stage, signed(NEW, NOON + skew_seconds * 1000)).status == status


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (SALE, "signature_missing"),
        (f"{SALE}&tl_ts={NOON // 1000}&tl_sig={'0' * 64}", "bad_signature"),
        (f"{SALE}&tl_ts= 1 &tl_sig={'0' * 64}", "signature_malformed"),
        (signed(NEW, NOON).replace("value=10", "value=99"), "bad_signature"),
    ],
)
def test_what_is_not_signed_right_is_refused_and_leaves_nothing(query: str, code: str) -> None:
    """SE-02, SE-03."""
    stage = a_stage(postback_signing=Signing.ENFORCE, signing_keys=(NEW,))
    answer = send(stage, query)
    assert (answer.status, answer.code) == (401, code)
    assert stage.table.items() == []


def test_two_keys_hold_while_they_rotate_and_the_old_one_ends_to_the_millisecond() -> None:
    """SE-06."""
    stage = a_stage(postback_signing=Signing.ENFORCE, signing_keys=(OLD, NEW))
    assert send(stage, signed(OLD, NOON)).status == 200
    assert send(stage, signed(NEW, NOON)).status == 200
    stage.now = NOON + 1000
    assert send(stage, signed(OLD, NOON, SALE + "&x=1")).status == 401


def test_a_captured_request_has_no_second_effect() -> None:
    """SE-05: and one that was not stored may come again with its signature."""
    stage = a_stage(postback_signing=Signing.ENFORCE, signing_keys=(NEW,))
    stage.table.fail("put", StoreUnavailable)
    stage.spill.fail()
    assert send(stage, signed(NEW, NOON)).status == 503
    assert send(stage, signed(NEW, NOON)).outcome == "stored"
    again = send(stage, signed(NEW, NOON))
    assert (again.status, again.outcome) == (200, "refused")
    assert again.json["reasons"] == ["signature_replayed"]
    assert stage.rows("repeat") == []


class Vault:
    """Sealed keys, and a place for the sealing key that may be out of reach."""

    def __init__(self) -> None:
        self.down = False
        self.seals = Seals(self._keys, token_bytes, lambda: NOON)
        self.cold = Seals(self._keys, token_bytes, lambda: NOON)

    def _keys(self) -> tuple[bytes, ...]:
        if self.down:
            raise StoreUnavailable("down")
        return (bytes(32),)

    def stage(self, mode: Signing, **key: Any) -> Stage:
        sealed = replace(NEW, secret=self.seals.seal(NEW.secret))
        partner = Partner(ACME, postback_signing=mode, signing_keys=(replace(sealed, **key),))
        return Stage(a_registry(partners={ACME: partner}), open_secret=self.cold.open)


def test_a_sealed_key_checks_signatures() -> None:
    """DI-22: what lies in the registry is sealed, and opened where it is needed."""
    stage = Vault().stage(Signing.ENFORCE)
    assert NEW.secret not in repr(stage.registrar.shop)
    assert send(stage, signed(NEW, NOON)).outcome == "stored"
    assert send(stage, signed(OLD, NOON, SALE + "&x=1")).code == "bad_signature"


@pytest.mark.parametrize("secret", ["plain-as-it-is-sent", "sealed:v1:0123456789abcdef:AAAA"])
def test_a_key_that_is_not_sealed_by_us_fits_nothing(secret: str) -> None:
    """SE-02: neither a plain text nor a broken seal is a key."""
    stage = Vault().stage(Signing.ENFORCE, secret=secret)
    assert send(stage, signed(replace(NEW, secret=secret), NOON)).code == "bad_signature"
    assert stage.table.items() == []


def test_what_cannot_be_checked_is_not_taken_and_may_come_again() -> None:
    """SE-02: while the sealing key is out of reach an enforced signature opens no door."""
    vault = Vault()
    stage = vault.stage(Signing.ENFORCE)
    vault.down = True
    answer = send(stage, signed(NEW, NOON))
    assert (answer.status, answer.code) == (503, "unavailable")
    assert stage.table.items() == []
    assert stage.spill.messages == []
    vault.down = False
    assert send(stage, signed(NEW, NOON)).outcome == "stored"


def test_who_only_looks_at_signatures_takes_what_cannot_be_checked() -> None:
    vault = Vault()
    stage = vault.stage(Signing.REPORT)
    vault.down = True
    assert send(stage, signed(NEW, NOON)).outcome == "stored"


def test_before_enforcing_one_may_look() -> None:
    stage = a_stage(postback_signing=Signing.REPORT, signing_keys=(NEW,))
    answer = send(stage, SALE)
    assert answer.outcome == "stored"
    assert "would_refuse:signature_missing" in answer.json["reasons"]


def test_report_only_takes_a_second_use_for_what_it_says_and_tells() -> None:
    stage = a_stage(postback_signing=Signing.REPORT, signing_keys=(NEW,))
    first, second = (send(stage, signed(NEW, NOON)) for _ in range(2))
    assert (first.outcome, second.outcome) == ("stored", "duplicate")
    assert second.json["reasons"] == ["repeat", "would_refuse:signature_replayed"]


def test_over_its_limit_a_partner_waits_and_others_do_not() -> None:
    """I24, SE-10: 429 with Retry-After to that partner alone."""
    stage = a_stage(rate_limit=RateLimit(5, 60))
    statuses = [send(stage, SALE).status for _ in range(8)]
    assert statuses == [200] * 5 + [429] * 3
    assert int(send(stage, SALE).headers["retry-after"]) > 0
    assert stage.postback("own", event="purchase", conversion_id="B").status == 200
    stage.now += 61_000
    assert send(stage, SALE).status == 200


def test_every_item_of_a_batch_counts_against_the_limit() -> None:
    stage = a_stage(rate_limit=RateLimit(5, 60))
    items = [{"type": "conversion", "event": "purchase", "conversion_id": f"{n}"} for n in range(4)]
    told = [stage.post("/batch", {"items": items}, "acme").status for _ in range(2)]
    assert told == [200, 429]


@pytest.mark.parametrize(
    ("allowed", "status"),
    [
        (("192.0.2.0/24",), 200),
        (("192.0.2.7",), 200),
        (("::ffff:192.0.2.7/128", "192.0.2.0/29"), 200),
        (("192.0.2.8",), 403),
        (("not an address",), 403),
        ((), 200),
    ],
)
def test_only_listed_addresses_get_in(allowed: tuple[str, ...], status: int) -> None:
    """SE-02: a list that cannot be read lets nobody in."""
    assert send(a_stage(ip_allow=allowed), SALE).status == status


@pytest.mark.parametrize(
    ("mode", "kept"),
    [(IpMode.KEEP, "192.0.2.7"), (IpMode.TRUNCATE, "192.0.2.0"), (IpMode.DROP, "")],
)
def test_an_address_is_kept_as_the_account_says_in_what_is_stored_raw_too(
    mode: IpMode, kept: str
) -> None:
    account = replace(a_registry().account, ip_mode=mode)
    stage = Stage(a_registry(account=account))
    stage.postback(event="purchase", conversion_id="A-1")
    stage.postback(event="purchase", conversion_id="A-2", value="much")
    stage.post("/touch", {"kind": "view", "user_id": "7"})
    [conversion] = stage.rows("conversion")
    [quarantined] = stage.rows("quarantine")
    envelopes: list[Any] = [conversion["envelope"], quarantined["envelope"]]
    assert [one.get("source_ip", "") for one in envelopes] == [kept, kept]
    assert [touch.get("ip", "") for touch in stage.rows("touch")] == [""]
    assert kept == "192.0.2.7" or "192.0.2.7" not in repr(stage.table.items())


def test_the_time_for_the_table_leaves_time_to_spill() -> None:
    """IN-15: senders give up after two seconds; the table gets 1.2 of them in all."""
    assert INTAKE.total_seconds + 0.5 < 2
    assert INTAKE.connect_seconds + INTAKE.read_seconds <= INTAKE.total_seconds
