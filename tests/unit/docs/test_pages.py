"""Pages made from the code say what the code says."""

import re

import pytest

from docs import data_model, performance_engine, reasons, reliability
from docs.pages import DOCS
from touchline.kernel.reasons import CATALOGUE

RELIABILITY = (DOCS / "reliability.md").read_text(encoding="utf-8")


def test_the_page_of_reasons_is_the_catalogue() -> None:
    assert reasons.main(["--check"]) == 0
    assert all(f'id="{code}"' in reasons.page() for code in CATALOGUE)


def test_the_data_model_is_what_the_keys_spell() -> None:
    assert data_model.main(["--check"]) == 0


def test_the_tables_of_the_engines_speed_are_what_was_measured() -> None:
    assert performance_engine.main(["--check"]) == 0


def test_the_page_of_promises_names_every_one_and_only_tests_that_are_there() -> None:
    rows = reliability.promises()
    assert all(f"| {promise} |" in RELIABILITY for promise in rows)
    there = {test for tests in reliability.shown_by().values() for test in tests}
    assert set(re.findall(r"`([^`]*::test_[^`]*)`", RELIABILITY)) <= there


def test_no_test_names_a_promise_that_is_not_made() -> None:
    assert not set(reliability.shown_by()) - set(reliability.promises())


@pytest.mark.parametrize(
    ("name", "docstring", "expected"),
    [
        ("test_in_03_one_row", "", {"IN-03"}),
        ("test_d13_and_i2", "", {"D13", "I2"}),
        ("test_di_09_d3_ends", "", {"DI-09", "D3"}),
        ("test_plain", "SE-08, I16: never.", {"SE-08", "I16"}),
        ("test_markov_1_id3x", "BOTH-01 and AI2", set()),
    ],
)
def test_promises_are_found_in_names_and_docstrings(
    name: str, docstring: str, expected: set[str]
) -> None:
    assert reliability.named(name, docstring) == expected


def test_every_threat_names_tests_that_are_there() -> None:
    page = (DOCS / "security.md").read_text(encoding="utf-8")
    shown = reliability.shown_by()
    for promise in re.findall(r"\b(?:[A-Z]{2}-\d\d|[IBD]\d{1,2})\b", page):
        assert shown.get(promise), f"{promise} of docs/security.md has no test"
    for named in re.findall(r"`((?:unit|contract|handlers|system|e2e)/[^`:]*\.py)", page):
        assert (reliability.TESTS / named).exists(), named
    threats = [line for line in page.splitlines() if line.count("|") == 4][2:]
    assert all(line.split("|")[3].strip() for line in threats)
