"""The catalogue is what people read when something was refused: it must be whole."""

import pytest

from touchline.kernel.reasons import CATALOGUE, Reason, reason


@pytest.mark.parametrize("row", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_every_reason_says_what_happened_and_what_to_do(row: Reason) -> None:
    assert row.code.replace("_", "").isalnum()
    assert row.code == row.code.lower()
    assert row.meaning.endswith(".")
    assert row.fix.endswith(".")
    assert row.status == 0 or 400 <= row.status <= 599


def test_a_code_with_detail_is_explained_by_its_code() -> None:
    assert reason("not_found:campaign").code == "not_found"
