"""`touchline journeys FILE`, as a person calls it."""

import csv
import io
import itertools
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from cli.journey_fit import Request, run
from cli.journeys import app
from touchline.attribution.engine.models import ALL_MODELS, DEFAULT_SETTINGS

PATHDATA = Path(__file__).parents[3] / "examples" / "data" / "pathdata.csv.gz"
DAY = 86_400


def touchline(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def fitted(*arguments: object, exit_code: int = 0) -> dict[str, Any]:
    result = touchline(*arguments, "--json")
    assert result.exit_code == exit_code, result.output
    read: dict[str, Any] = json.loads(result.stdout)
    return read


def a_file(folder: Path, *lines: str, name: str = "journeys.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def conversions(read: dict[str, Any], model: str) -> dict[str, float]:
    return {name: credit["conversions"] for name, credit in read["models"][model].items()}


TOUCHES = (
    "journey,ts,channel,campaign,converted,value",
    "1,2026-01-01T00:00:00Z,ads,spring,0,",
    "1,2026-01-08T00:00:00Z,mail,news,1,30",
    "2,2026-01-02T00:00:00Z,ads,summer,0,",
    "3,2026-01-03T00:00:00Z,Direct,none,1,12.50",
)


def test_path_rows_give_the_published_json() -> None:
    read = fitted(PATHDATA, "--models", "all")
    assert read["totals"] == {"journeys": 88387, "conversions": 19785, "value": 74802.971582}
    assert tuple(read["models"]) == ALL_MODELS
    assert read["models"]["markov_1"]["alpha"]["conversions"] == pytest.approx(5344.947682085163)
    assert read["models"]["markov_1"]["alpha"]["value"] == pytest.approx(18799.1706, abs=5e-5)
    assert read["removal_effects"]["markov_1"]["beta"] == pytest.approx(0.264038536, abs=5e-10)
    assert read["p_conversion"]["markov_4"] == 0.22384513559686378
    assert read["bad_rows"]["count"] == 0


def test_touch_rows_give_the_credits_of_their_journeys(tmp_path: Path) -> None:
    read = fitted(a_file(tmp_path, *TOUCHES), "--models", "all")
    assert read["totals"] == {"journeys": 3, "conversions": 2, "value": 42.5}
    assert conversions(read, "linear") == {"Direct": 1, "ads": 0.5, "mail": 0.5}
    assert conversions(read, "time_decay") == pytest.approx(
        {"Direct": 1, "ads": 1 / 3, "mail": 2 / 3}, abs=1e-9
    )
    assert read["models"]["last_touch"]["mail"]["value"] == 30
    assert read["p_conversion"]["markov_1"] == pytest.approx(2 / 3)


def test_campaigns_may_be_credited_instead_of_channels(tmp_path: Path) -> None:
    read = fitted(a_file(tmp_path, *TOUCHES), "--by", "campaign", "--models", "linear")
    assert conversions(read, "linear") == {"news": 0.5, "none": 1, "spring": 0.5, "summer": 0}


def test_the_order_of_touch_rows_does_not_matter(tmp_path: Path) -> None:
    header, *rows = TOUCHES
    expected = fitted(a_file(tmp_path, *TOUCHES), "--models", "linear")
    for order in itertools.permutations(rows):
        assert fitted(a_file(tmp_path, header, *order), "--models", "linear") == expected


def test_a_large_file_of_touches_is_sorted_in_parts_with_the_same_result(tmp_path: Path) -> None:
    rows = [f"{n * 7 % 500},{n % 97},ch{n % 5},{int(n % 11 == 0)},{n % 3}" for n in range(3000)]
    file = a_file(tmp_path, "journey,ts,channel,converted,value", *rows)
    request = Request(file, ALL_MODELS, DEFAULT_SETTINGS, "channel", 1000)
    whole, parts = (
        run(replace(request, part_bytes=size), Console(stderr=True)) for size in (1 << 20, 5000)
    )
    assert parts.fitted.credits == whole.fitted.credits
    assert parts.fitted.table == whole.fitted.table


@pytest.mark.parametrize(
    "stamps",
    [
        ("0", str(7 * DAY)),
        ("1767225600000", str(1767225600000 + 7 * DAY * 1000)),
        ("2026-01-01 00:00:00", "2026-01-08 00:00:00"),
        ("2026-01-01T01:00:00+01:00", "2026-01-08T00:00:00Z"),
        ("2026-01-01", "1767830400.000"),
    ],
)
def test_times_may_be_iso_or_unix(tmp_path: Path, stamps: Sequence[str]) -> None:
    file = a_file(
        tmp_path, "journey,ts,channel,converted", f"1,{stamps[0]},a,0", f"1,{stamps[1]},b,1"
    )
    assert conversions(fitted(file), "time_decay") == pytest.approx({"a": 1 / 3, "b": 2 / 3})


def test_a_conversion_ends_a_journey_and_later_touches_begin_the_next(tmp_path: Path) -> None:
    file = a_file(
        tmp_path, "journey,ts,channel,converted", "1,1,a,0", "1,2,b,1", "1,3,c,0", "1,4,d,1"
    )
    read = fitted(file, "--models", "linear")
    assert read["totals"] == {"journeys": 2, "conversions": 2, "value": 0}
    assert conversions(read, "linear") == {"a": 0.5, "b": 0.5, "c": 0.5, "d": 0.5}


def test_a_touch_after_the_conversion_earns_nothing_of_it(tmp_path: Path) -> None:
    file = a_file(tmp_path, "journey,ts,channel,converted", "1,1,a,1", "1,2,late,0")
    assert conversions(fitted(file, "--models", "linear"), "linear") == {"a": 1, "late": 0}


def test_a_conversion_told_on_every_row_is_one(tmp_path: Path) -> None:
    file = a_file(tmp_path, "journey,ts,channel,converted,value", "1,1,a,1,20", "1,2,b,1,20")
    read = fitted(file, "--models", "linear")
    assert read["totals"] == {"journeys": 1, "conversions": 1, "value": 20}


def test_without_a_column_converted_every_journey_counts_and_it_says_so(tmp_path: Path) -> None:
    read = fitted(a_file(tmp_path, "journey,ts,channel", "1,1,a", "1,2,b", "2,1,b"))
    assert read["totals"]["conversions"] == 2
    assert any("converted" in note for note in read["notes"])


def test_bad_rows_are_named_with_their_lines_and_the_rest_is_counted(tmp_path: Path) -> None:
    file = a_file(
        tmp_path,
        "path,total_conversions,total_conversion_value,total_null",
        "a > b,1,10,0",
        "a,x,0,1",
        '"quoted, with',
        ' a line end",1,1,0',
        "a >  > b,1,1,0",
        "b,1,-5,0",
        "b,1,1",
        "b,0,0,2",
    )
    result = touchline(file, "--json")
    assert result.exit_code == 1
    read = json.loads(result.stdout)
    assert read["totals"]["journeys"] == 4
    assert read["bad_rows"]["count"] == 4
    assert [row["line"] for row in read["bad_rows"]["first"]] == [3, 6, 7, 8]
    assert "line 3: total_conversions is 'x', not a whole number" in result.stderr
    assert "4 bad rows left out" in result.stderr
    assert touchline(file, "--allow-bad-rows").exit_code == 0


def test_one_bad_row_is_one_bad_row(tmp_path: Path) -> None:
    result = touchline(a_file(tmp_path, "path,total_conversions", "a,1", ",1"))
    assert "1 bad row left out" in result.stderr


def test_bad_touch_rows_are_named_with_their_lines(tmp_path: Path) -> None:
    file = a_file(
        tmp_path,
        "journey,ts,channel,converted,value",
        "1,yesterday,a,0,",
        "1,5,a,perhaps,",
        "1,5,,1,",
        "1,5,a,1,many",
        "1,6,a,1,7",
    )
    read = fitted(file, exit_code=1)
    assert read["totals"] == {"journeys": 1, "conversions": 1, "value": 7}
    assert [row["line"] for row in read["bad_rows"]["first"]] == [2, 3, 4, 5]


def test_bytes_that_are_not_utf8_are_a_bad_row(tmp_path: Path) -> None:
    file = tmp_path / "latin.csv"
    file.write_bytes(b"path,total_conversions\nb\xfccher,1\nb,1\n")
    read = fitted(file, "--models", "linear", exit_code=1)
    assert read["bad_rows"]["first"] == [{"line": 2, "reason": "not UTF-8 text"}]


def test_odd_but_good_rows_read_the_same_the_slow_way(tmp_path: Path) -> None:
    """One bad row sends a block down the careful road: the others must not change."""
    good = ["path,total_conversions,total_conversion_value,total_null", *_many_paths()]
    quick = fitted(a_file(tmp_path, *good), "--models", "all")
    slow = fitted(a_file(tmp_path, *good, "bad"), "--models", "all", exit_code=1)
    assert slow["models"] == quick["models"]
    assert slow["totals"] == quick["totals"]


def _many_paths() -> list[str]:
    names = ("ads", "e-mail", "búsqueda", "tv 2")
    return [
        f"{' > '.join(names[n * place % 7 % 4] for place in range(n % 5 + 1))},"
        f"{n % 3},{n % 3 * 1.25},{n % 4}"
        for n in range(300)
    ]


def test_files_of_many_blocks_are_read_whole(
    tmp_path: Path,
) -> None:
    rows = [f"a > ch{n % 300},1,2,1" for n in range(700_000)]
    header = "path,total_conversions,total_conversion_value,total_null"
    read = fitted(a_file(tmp_path, header, *rows), "--models", "linear,markov_1")
    assert read["totals"] == {"journeys": 1_400_000, "conversions": 700_000, "value": 1_400_000}
    assert conversions(read, "linear")["a"] == 350_000


def test_parquet_reads_like_csv(tmp_path: Path) -> None:
    for name, lines in (("t", TOUCHES), ("p", ("path,total_conversions,total_null", "a>b,2,1"))):
        text = a_file(tmp_path, *lines, name=f"{name}.csv")
        parquet = tmp_path / f"{name}.parquet"
        pyarrow.parquet.write_table(pyarrow.csv.read_csv(text), parquet)
        assert fitted(parquet, "--models", "all") == fitted(text, "--models", "all")


def test_a_missing_value_in_parquet_is_a_bad_row(tmp_path: Path) -> None:
    parquet = tmp_path / "p.parquet"
    table = pa.table({"path": ["a", None, "b"], "total_conversions": [1, 1, 1]})
    pyarrow.parquet.write_table(table, parquet)
    read = fitted(parquet, "--models", "linear", exit_code=1)
    assert [row["line"] for row in read["bad_rows"]["first"]] == [2]


def test_what_was_saved_in_our_own_form_fits_the_same(tmp_path: Path) -> None:
    own = tmp_path / "journeys.tlj"
    for file in (a_file(tmp_path, *TOUCHES), PATHDATA):
        read = fitted(file, "--models", "all", "--save", own)
        again = fitted(own, "--models", "all")
        assert again["models"] == read["models"]
        assert again["totals"] == read["totals"]


@pytest.mark.parametrize("content", [b"", b"TLJ1", b"something else entirely"])
def test_a_broken_file_of_our_own_form_is_refused(tmp_path: Path, content: bytes) -> None:
    own = tmp_path / "broken.tlj"
    own.write_bytes(content)
    assert touchline(own).exit_code == 2


def test_csv_output_has_a_row_per_model_and_channel(tmp_path: Path) -> None:
    result = touchline(a_file(tmp_path, *TOUCHES), "--csv", "--models", "linear,markov_1")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 6
    assert rows[0] == {
        "model": "linear",
        "channel": "Direct",
        "conversions": "1.0",
        "value": "12.500000",
        "removal_effect": "",
    }
    assert float(rows[3]["removal_effect"]) > 0


def test_the_table_shows_every_model_whole_in_a_narrow_window(tmp_path: Path) -> None:
    result = touchline(a_file(tmp_path, *TOUCHES), "--models", "all", "--value")
    assert "3 journeys, 2 conversions, value 42.50" in result.stdout
    assert "…" not in result.stdout
    assert result.stdout.count("mail") > 1


def test_charts_are_drawn_as_png_and_svg(tmp_path: Path) -> None:
    png, svg = tmp_path / "c.png", tmp_path / "c.svg"
    rows = [f"ch{n},1,1,1" for n in range(20)]
    header = "path,total_conversions,total_conversion_value,total_null"
    assert touchline(a_file(tmp_path, header, *rows), "--png", png, "--svg", svg).exit_code == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in svg.read_bytes()


@pytest.mark.parametrize(
    ("lines", "arguments", "says"),
    [
        (["a,b", "1,2"], [], "neither touch rows"),
        ([], [], "empty"),
        (["path,total_conversions", "a,1"], ["--models", "magic"], "no such model: magic"),
        (["path,total_conversions", "a,1"], ["--by", "campaign"], "needs touch rows"),
        (["path,total_conversions", "a,1"], ["--by", "colour"], "channel or campaign"),
        (["path,total_conversions", "a,1"], ["--position-weights", "1,2"], "three numbers"),
        (["path,total_conversions", "a,1"], ["--half-life", "0"], "half-life"),
    ],
)
def test_wrong_usage_says_what_is_wrong(
    tmp_path: Path, lines: list[str], arguments: list[str], says: str
) -> None:
    file = tmp_path / "f.csv"
    file.write_text("\n".join(lines))
    result = touchline(file, *arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_file_without_rows_has_no_journeys(tmp_path: Path) -> None:
    for header in ("path,total_conversions", "journey,ts,channel,converted"):
        read = fitted(a_file(tmp_path, header), "--models", "all")
        assert read["totals"] == {"journeys": 0, "conversions": 0, "value": 0}
        assert touchline(a_file(tmp_path, header)).exit_code == 0


def test_settings_change_their_models(tmp_path: Path) -> None:
    file = a_file(tmp_path, *TOUCHES)
    read = fitted(file, "--half-life", 3.5, "--position-weights", "0,0,100")
    assert conversions(read, "time_decay")["ads"] == pytest.approx(0.2, abs=1e-9)
    assert conversions(read, "position_based")["mail"] == 1


def test_other_commands_do_not_pay_for_the_engine() -> None:
    program = (
        "import sys, cli.main, cli.journeys;"
        "sys.exit(bool({'numpy', 'pyarrow', 'matplotlib'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603 (our own words)
