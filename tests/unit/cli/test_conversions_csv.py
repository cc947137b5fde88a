"""Reading conversions from CSV files, and remembering what became of each line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.conversions_csv import Batches, Line, NotACsv, lines
from cli.import_journal import Fate, Journal, still_to_do


def items(text: str, **renamed: str) -> list[Any]:
    return [dict(line.item) for line in lines(text.encode(), renamed)]


def test_columns_become_fields_and_the_rest_becomes_metadata() -> None:
    assert items("event,conversion_id,value,store\npurchase,A-1,10.50,Oslo\n") == [
        {
            "type": "conversion",
            "event": "purchase",
            "conversion_id": "A-1",
            "value": "10.50",
            "metadata": {"store": "Oslo"},
        }
    ]


def test_the_files_own_names_can_be_mapped() -> None:
    [item] = items("order,amount\nA-1,5\n", order="conversion_id", amount="value")
    assert item == {"type": "conversion", "conversion_id": "A-1", "value": "5"}


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiters_are_recognised(mark: str) -> None:
    [item] = items(f"event{mark}value\npurchase{mark}1\n")
    assert item["value"] == "1"


def test_empty_cells_are_absent_and_empty_lines_are_skipped_but_counted() -> None:
    found = list(lines(b"event,value\n\npurchase,\n ,\nlead,2\n", {}))
    assert [(line.number, dict(line.item)) for line in found] == [
        (3, {"type": "conversion", "event": "purchase"}),
        (5, {"type": "conversion", "event": "lead", "value": "2"}),
    ]


def test_a_quoted_line_break_stays_in_its_cell_and_lines_are_numbered_as_in_an_editor() -> None:
    found = list(lines(b'event,note\npurchase,"a\nb"\nlead,c\n', {}))
    assert [line.number for line in found] == [2, 4]
    assert found[0].item["metadata"] == {"note": "a\nb"}


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    [item] = [dict(line.item) for line in lines(b"\xef\xbb\xbfevent,value\r\nlead,2\r\n", {})]
    assert item == {"type": "conversion", "event": "lead", "value": "2"}


def test_flags_and_lists_are_read() -> None:
    [item] = items("event,skip_hook,consent\nlead,Yes,ads| email\n")
    assert (item["skip_hook"], item["consent"]) == (True, ["ads", "email"])


def test_one_bad_line_is_named_and_the_others_go_on() -> None:
    found = list(lines(b"event,skip_hook\nlead,maybe\nlead,no,3\nlead,no\n", {}))
    assert [line.problem for line in found] == [
        "skip_hook is true or false, not 'maybe'",
        "3 cells under 2 columns",
        "",
    ]


def test_an_event_can_be_given_for_all_lines() -> None:
    [line] = lines(b"conversion_id\nA-1\n", {}, "purchase")
    assert line.item["event"] == "purchase"


@pytest.mark.parametrize(
    ("raw", "renamed", "why"),
    [
        (b"", {}, "name the columns"),
        (b"event\n\xff\n", {}, "not UTF-8"),
        (b"event,Event\nx,y\n", {}, "two columns mean event"),
        (b"a\nx\n", {"b": "value"}, "no column is called b"),
        (b'event\n"x\n', {}, "line 2"),
    ],
)
def test_what_is_no_csv_file_is_named(raw: bytes, renamed: dict[str, str], why: str) -> None:
    with pytest.raises(NotACsv, match=why):
        list(lines(raw, renamed))


@given(st.lists(st.integers(1, 50), max_size=60), st.integers(1, 7), st.integers(50, 200))
def test_batches_hold_every_line_in_order_within_their_bounds(
    sizes: list[int], most: int, most_bytes: int
) -> None:
    sized = [(Line(number, ""), size) for number, size in enumerate(sizes)]
    cut = list(Batches(most, most_bytes).cut(sized))
    assert [line for batch in cut for line in batch] == [line for line, _ in sized]
    assert all(0 < len(batch) <= most for batch in cut)
    assert all(sum(sizes[line.number] for line in batch) <= most_bytes for batch in cut)


def test_answered_lines_are_not_sent_again_unless_they_changed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "results.csv")
    before = list(lines(b"event,value\nlead,1\nlead,2\n", {}))
    journal.add(Fate(line.number, line.digest, "stored") for line in before)
    after = list(lines(b"event,value\nlead,1\nlead,9\nlead,3\n", {}))
    assert [line.number for line in still_to_do(after, Journal(journal.path).read())] == [3, 4]


def test_a_torn_record_is_done_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "results.csv")
    before = list(lines(b"event,value\nlead,1\nlead,2\n", {}))
    journal.add([Fate(2, before[0].digest, "stored")])
    with journal.path.open("a") as file:
        file.write(f"3,{before[1].digest},sto")
    assert [line.number for line in still_to_do(before, journal.read())] == [3]
    journal.add([Fate(3, before[1].digest, "duplicate", reasons="repeat")])
    assert still_to_do(before, journal.read()) == []
    assert journal.read()[3].outcome == "duplicate"
