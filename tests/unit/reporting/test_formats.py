"""Rows as CSV and JSON lines."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.reporting.formats import CSV, LINES, csv_text, lines_text, wanted_format


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", CSV),
        ("Text/CSV;q=0.9, */*", CSV),
        ("application/jsonl", LINES),
        ("application/x-ndjson", LINES),
    ],
)
def test_the_accept_header_chooses_the_format(accept: str, wanted: str) -> None:
    assert wanted_format(accept) == wanted


def test_columns_stand_in_the_order_of_their_first_appearance() -> None:
    text = csv_text([{"day": "2026-01-01", "n": 1}, {"day": "2026-01-02", "more": "x"}])

    assert text == "day,n,more\r\n2026-01-01,1,\r\n2026-01-02,,x\r\n"


def test_nested_values_become_columns_and_paths_become_arrows() -> None:
    text = csv_text([{"value": {"EUR": "1.00", "USD": "2.00"}, "path": ["ads", "email"]}])

    assert text == "value.EUR,value.USD,path\r\n1.00,2.00,ads > email\r\n"


@pytest.mark.parametrize("word", ["=1+1", "+cmd", "-x", "@SUM(A1)", "\tx"])
def test_no_spreadsheet_runs_a_name_as_a_formula(word: str) -> None:
    (row,) = csv.DictReader(io.StringIO(csv_text([{"name": word}])))

    assert row["name"] == f"'{word}"


def test_negative_amounts_stay_numbers() -> None:
    assert csv_text([{"value": "-12.50"}]) == "value\r\n-12.50\r\n"


def test_lines_keep_every_script() -> None:
    assert lines_text([{"name": "grün"}, {"n": 1}]) == '{"name":"grün"}\n{"n":1}\n'


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.text(max_size=5), min_size=1)))
def test_csv_has_one_record_for_each_row_whatever_the_text(rows: list[dict[str, str]]) -> None:
    text = csv_text(rows)

    assert len(list(csv.reader(io.StringIO(text, newline="")))) == len(rows) + 1
