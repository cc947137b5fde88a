"""Parquet files are read back by Arrow as they were written."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from touchline.kernel.clock import iso
from touchline.kernel.money import micros_of, plain
from touchline.reporting.exports.columns import Column, Columns, Kind, columns_in, decision_columns
from touchline.reporting.exports.parquet import ParquetFile
from touchline.reporting.exports.thrift import I64, struct, varint

EVERY_KIND = tuple(Column(kind.value, kind) for kind in Kind)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.floats(allow_nan=False)
INSTANTS = st.integers(0, 4_000_000_000_000).map(iso)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXTS,
        "number": NUMBERS,
        "money": st.integers(-(10**17), 10**17).map(plain),
        "instant": INSTANTS,
        "flag": st.booleans(),
        "texts": st.lists(TEXTS, max_size=3),
        "numbers": st.lists(NUMBERS, max_size=3),
        "instants": st.lists(INSTANTS, max_size=3),
    },
)


def read_back(columns: Columns, *groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What Arrow finds in a file of these row groups."""
    out = io.BytesIO()
    file = ParquetFile(out, columns)
    for group in groups:
        file.write(group)
    file.close()
    out.seek(0)
    rows: list[dict[str, Any]] = parquet.read_table(out).to_pylist()
    return rows


def as_told(kind: Kind, value: Any) -> Any:
    """A value that Arrow read, as it was given."""
    if value is None:
        return None
    if kind in {Kind.TEXTS, Kind.NUMBERS, Kind.INSTANTS}:
        return [iso(_ms(one)) if kind is Kind.INSTANTS else one for one in value]
    if kind is Kind.MONEY:
        return plain(micros_of(str(value)))
    return iso(_ms(value)) if kind is Kind.INSTANT else value


def _ms(moment: Any) -> int:
    return round(moment.timestamp() * 1000)


@given(st.lists(st.lists(ROWS, max_size=20), max_size=3))
def test_every_value_of_every_kind_comes_back(groups: list[list[dict[str, Any]]]) -> None:
    found = read_back(EVERY_KIND, *groups)

    given_rows = [row for group in groups for row in group]
    told = [
        {
            one.name: as_told(one.kind, row[one.name])
            for one in EVERY_KIND
            if row[one.name] is not None
        }
        for row in found
    ]
    assert told == given_rows


def test_a_file_without_rows_has_its_columns() -> None:
    out = io.BytesIO()
    ParquetFile(out, decision_columns(["linear"])).close()

    table = parquet.read_table(out)

    assert table.num_rows == 0
    assert "credit.linear" in table.column_names


def test_half_of_a_character_does_not_stop_an_export() -> None:
    (row,) = read_back([Column("text")], [{"text": "a\ud800b"}])

    assert row == {"text": "a?b"}


def test_columns_are_found_in_rows_whose_fields_differ() -> None:
    rows = [{"a": None, "value": {"EUR": "1"}}, {"a": 2.5, "b": [1, 2], "c": ["x"], "d": True}]

    found = {column.name: column.kind for column in columns_in(rows)}

    assert found == {
        "a": Kind.NUMBER,
        "value.EUR": Kind.TEXT,
        "b": Kind.NUMBERS,
        "c": Kind.TEXTS,
        "d": Kind.FLAG,
    }


def test_one_list_of_texts_makes_the_whole_column_texts() -> None:
    rows: list[dict[str, Any]] = [{"a": ["x"]}, {"a": [1]}]

    assert [row["a"] for row in read_back(columns_in(rows), rows)] == [["x"], ["1"]]


@pytest.mark.parametrize(
    ("number", "written"), [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02")]
)
def test_numbers_take_as_many_bytes_as_they_need(number: int, written: bytes) -> None:
    assert varint(number) == written


def test_a_struct_is_written_as_the_specification_has_it() -> None:
    # field 1, i32, zigzag 2; field 20 too far for a short step; -1 is zigzag 1
    assert struct({1: 1, 20: I64(-1), 3: None}) == b"\x15\x02\x06\x28\x01\x00"
