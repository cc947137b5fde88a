"""`touchline explain`, `report` and `attribute`: what a person reads of the night."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli import attribute as command
from cli.main import app
from cli.nights import NotInvoked, nights_of
from cli.target import Target
from tests.handlers.test_attribution_and_reports import TODAY, a_busy_shop, a_night
from tests.http_bridge import serving


class Stack:
    """The reports function behind HTTP, after one night."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def run(self, *arguments: str) -> Result:
        target = ["--api-url", self.url, "--token", self.token]
        return CliRunner().invoke(app, [*arguments, *target], env={"COLUMNS": "80"})


@pytest.fixture
def stack() -> Iterator[Stack]:
    api = a_busy_shop()
    a_night(api, {"date": TODAY})
    with serving(api) as url:
        yield Stack(url, api.analyst)


def test_explain_tells_who_was_credited_and_why_others_were_not(stack: Stack) -> None:
    told = stack.run("explain", "A-1")

    assert told.exit_code == 0, told.output
    assert "Credited to 2 touches: email first, affiliate last" in told.output
    assert "affiliate click · acme" in told.output
    assert "ads click, 1 h after: The touch did not happen before the conversion." in told.output
    assert "Paid: acme 1.00 EUR" in told.output


def test_explain_fits_eighty_columns(stack: Stack) -> None:
    assert max(len(line) for line in stack.run("explain", "A-1").output.splitlines()) <= 80


def test_explain_of_what_nobody_sent_says_so(stack: Stack) -> None:
    told = stack.run("explain", "A-9")

    assert (told.exit_code, "not_found" in told.output) == (1, True)


def test_a_report_shows_models_side_by_side(stack: Stack) -> None:
    told = stack.run(
        *("report", "attribution", "--from", TODAY, "--to", TODAY),
        *("--model", "linear,last_touch"),
    )

    assert told.exit_code == 0, told.output
    assert "affiliate" in told.output
    assert "30.00" in told.output


@pytest.mark.parametrize("name", ["events", "paths", "unattributed", "match-rate", "runs"])
def test_every_report_can_be_read_and_taken_as_json(stack: Stack, name: str) -> None:
    days = ("--from", TODAY, "--to", TODAY)
    assert stack.run("report", name, *days).exit_code == 0
    assert json.loads(stack.run("report", name, *days, "--json").output)


def test_a_report_comes_as_csv(stack: Stack) -> None:
    told = stack.run("report", "attribution", "--from", TODAY, "--to", TODAY, "--csv")

    assert told.output.splitlines()[0].startswith("model,channel,currency,conversions")


def test_a_report_that_does_not_exist_is_wrong_usage(stack: Stack) -> None:
    assert stack.run("report", "colours").exit_code == 2


def test_attributing_without_a_known_function_says_how_to_name_it() -> None:
    nights = nights_of(Target("http://127.0.0.1:1", "t"))

    with pytest.raises(NotInvoked) as refused:
        nights({})
    assert "--function" in refused.value.hint


def test_a_trial_that_is_published_is_invoked_until_it_is_done() -> None:
    answers: Iterator[dict[str, Any]] = iter(
        [{"status": "unfinished"}, {"status": "published", "runs": []}]
    )
    asked: list[Mapping[str, Any]] = []

    def nights(event: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(event)
        return next(answers)

    assert command._run(nights, {"from": TODAY})["status"] == "published"
    assert len(asked) == 2


def test_rules_of_a_file_may_stand_under_their_name_or_alone(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    for text in ("minimum_seconds: 5", "rules: {minimum_seconds: 5}"):
        file.write_text(text, encoding="utf-8")
        assert command._rules_in(file) == {"minimum_seconds": 5}
