"""Signed clicks and postbacks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON, a_partner
from tests.intake_factories import opened
from touchline.intake.signature import Signed, Verdict, judge, sign, verify
from touchline.registry.model import Signing, SigningKey

KEY = SigningKey("k1", "a shared secret")
NOW_SECONDS = NOON // 1000


def a_request(
    query: str, *, method: str = "GET", path: str = "/c/spring", body: bytes = b""
) -> Signed:
    return Signed(method, path, query, body)


def signed(query: str, key: SigningKey = KEY) -> Signed:
    return a_request(f"{query}&tl_sig={sign(a_request(query), key)}")


def test_a_request_signed_now_is_let_through() -> None:
    request = signed(f"pid=acme&tl_ts={NOW_SECONDS}")
    verdict = verify([KEY], request, NOON, opened)
    assert verdict == Verdict("", request.raw_query[-64:], NOON + 300_000)


@pytest.mark.parametrize(
    ("seconds_off", "refusal"),
    [(-301, "signature_stale"), (-300, ""), (0, ""), (300, ""), (301, "signature_early")],
)
def test_a_timestamp_holds_for_300_seconds_both_ways(seconds_off: int, refusal: str) -> None:
    """SE-04: -301, -300, 0, +300, +301."""
    request = signed(f"pid=acme&tl_ts={NOW_SECONDS + seconds_off}")
    assert verify([KEY], request, NOON, opened).refusal == refusal


@pytest.mark.parametrize(
    "text", ["nan", "1e9", "%201767268800", "1767268800.0", "", "-1", "+1", "٣"]
)
def test_a_timestamp_is_digits_only(text: str) -> None:
    """SE-04: NaN, floats, blanks, signs and other scripts' digits."""
    assert verify([KEY], signed(f"tl_ts={text}"), NOON, opened).refusal == "signature_malformed"


@pytest.mark.parametrize(
    ("expires_in", "refusal"),
    [
        (-1, "signature_expired"),
        (0, ""),
        (7 * 86_400, ""),
        (7 * 86_400 + 1, "signature_early"),
    ],
)
def test_a_link_may_be_signed_ahead_for_up_to_seven_days(expires_in: int, refusal: str) -> None:
    request = signed(f"pid=acme&tl_exp={NOW_SECONDS + expires_in}")
    assert verify([KEY], request, NOON, opened).refusal == refusal


def test_both_times_at_once_are_refused() -> None:
    request = signed(f"tl_ts={NOW_SECONDS}&tl_exp={NOW_SECONDS + 60}")
    assert verify([KEY], request, NOON, opened).refusal == "signature_malformed"


def test_no_signature_is_named_as_such() -> None:
    assert (
        verify([KEY], a_request(f"tl_ts={NOW_SECONDS}"), NOON, opened).refusal
        == "signature_missing"
    )


def test_two_signatures_are_refused() -> None:
    request = signed(f"tl_ts={NOW_SECONDS}")
    twice = a_request(f"{request.raw_query}&tl_sig={request.raw_query[-64:]}")
    assert verify([KEY], twice, NOON, opened).refusal == "signature_malformed"


@pytest.mark.parametrize(
    "changed",
    [
        a_request("pid=evil&tl_ts={t}&tl_sig={s}"),
        a_request("pid=acme&sub1=x&tl_ts={t}&tl_sig={s}"),
        a_request("pid=acme&tl_ts={t}&tl_sig={s}", path="/c/summer"),
        a_request("pid=acme&tl_ts={t}&tl_sig={s}", method="POST"),
        a_request("pid=acme&tl_ts={t}&tl_sig={s}", body=b"x"),
    ],
)
def test_every_part_of_the_request_is_covered(changed: Signed) -> None:
    original = signed(f"pid=acme&tl_ts={NOW_SECONDS}")
    query = changed.raw_query.format(t=NOW_SECONDS, s=original.raw_query[-64:])
    forged = Signed(changed.method, changed.path, query, changed.body)
    assert verify([KEY], forged, NOON, opened).refusal == "bad_signature"


def test_two_keys_hold_during_a_rotation_and_the_old_one_stops_exactly_at_its_end() -> None:
    """SE-06: end - 1 ms, end."""
    old = SigningKey("k1", "old", until_at=NOON)
    new = SigningKey("k2", "new", from_at=NOON - 60_000)
    request = signed(f"tl_ts={NOW_SECONDS}", old)
    assert verify([old, new], request, NOON - 1, opened).refusal == ""
    assert verify([old, new], request, NOON, opened).refusal == "bad_signature"
    assert verify([old, new], signed(f"tl_ts={NOW_SECONDS}", new), NOON, opened).refusal == ""


def test_a_named_key_is_the_only_one_tried() -> None:
    other = SigningKey("k2", "other")
    assert (
        verify([KEY, other], signed(f"tl_key=k1&tl_ts={NOW_SECONDS}"), NOON, opened).refusal == ""
    )
    mixed = signed(f"tl_key=k2&tl_ts={NOW_SECONDS}")
    assert verify([KEY, other], mixed, NOON, opened).refusal == "bad_signature"


def test_a_partner_without_keys_refuses_everything_that_is_signed() -> None:
    """SE-02: a mistake in the set-up never opens the door."""
    empty = SigningKey("k0", "")
    for keys in ([], [empty]):
        assert (
            verify(keys, signed(f"tl_ts={NOW_SECONDS}", empty), NOON, opened).refusal
            == "bad_signature"
        )


def test_an_unknown_mode_is_judged_like_enforce() -> None:
    """SE-02: every enum value, and one that is none."""
    unsigned = a_request("pid=acme")
    modes = {
        mode: judge(mode, a_partner(), unsigned, NOON, opened) for mode in (*Signing, "strange")
    }
    assert modes.pop(Signing.OFF) is None
    assert set(modes) == {Signing.REPORT, Signing.ENFORCE, "strange"}
    assert {verdict.refusal for verdict in modes.values() if verdict} == {"signature_missing"}
    assert None not in modes.values()


@given(st.text(), st.text(max_size=80), st.text(max_size=20))
def test_whatever_is_sent_is_judged_and_never_raises(query: str, mark: str, time: str) -> None:
    """SE-03: malformed signatures are refused, not crashed on."""
    for text in (query, f"tl_sig={mark}&tl_ts={time}", f"tl_sig={'a' * 64}&tl_ts={time}"):
        assert verify([KEY], a_request(text), NOON, opened).refusal
