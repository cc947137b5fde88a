"""docs/reports.md names every route of the reports, and only commands that there are."""

import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from cli.main import COMMANDS, app, loaded
from reports.handler import ROUTER

PAGE = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^touchline (\S+) (.*)$", PAGE, re.MULTILINE)


def test_every_route_is_on_the_page_and_no_other() -> None:
    told = set(re.findall(r"^\| `([A-Z]+ /reports/\S+)` \|", PAGE, re.MULTILINE))

    assert told == {f"{route.method} {route.template}" for route in ROUTER.routes}


@pytest.mark.parametrize(("name", "arguments"), EXAMPLES)
def test_every_example_is_a_command_with_options_that_there_are(name: str, arguments: str) -> None:
    assert name in COMMANDS
    known = {option for one in loaded(name).params for option in one.opts}

    assert set(re.findall(r"--\S+", arguments)) <= known
    assert isinstance(get_command(app), typer.core.TyperGroup)
