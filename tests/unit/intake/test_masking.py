"""No email address stays in a sub-ID, wherever it came in."""

import pytest

from tests.handlers.ingest_stage import Stage
from touchline.intake.masking import MASKED, masked

WITH = {"sub1": "jane.doe+x@mail.example.com", "sub2": "blue"}
WITHOUT = {"sub1": "[email]", "sub2": "blue"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("jane@example.com", "[email]"),
        ("id-7|jane@example.co.uk|x", "id-7|[email]|x"),
        ("u=jane%40example.com", "u=[email]"),
        ("żółw@przykład.pl", "[email]"),
        ("a@b", "a@b"),
        ("price @ noon", "price @ noon"),
        ("plain", "plain"),
    ],
)
def test_what_looks_like_an_address_is_masked(value: str, expected: str) -> None:
    assert masked({"sub1": value})[0] == {"sub1": expected}


def test_sub_ids_are_masked_on_every_way_in() -> None:
    stage = Stage()
    stage.request("GET", "/c/spring", query=WITH)
    stage.post("/touch", {"kind": "click", "user_id": "7", **WITH})
    stage.post("/touch", {"kind": "click", "user_id": "8", "subs": WITH})
    stage.postback(event="purchase", conversion_id="A", **WITH)
    rows = [*stage.rows("touch"), *stage.rows("conversion")]
    assert [row["subs"] for row in rows] == [WITHOUT] * 4
    assert all(MASKED in row["flags"] for row in rows)
