"""The page on attribution says nothing that does not run."""

import doctest
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.journeys import app
from touchline.attribution.engine.models import ALL_MODELS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "attribution.md"
COMMANDS = re.findall(r"^touchline journeys (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_example_of_the_page_runs_as_shown() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert tried > 20
    assert failed == 0


def test_every_model_is_explained() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for model in ALL_MODELS:
        assert model in text or model.startswith("markov_")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_runs(command: str, tmp_path: Path) -> None:
    words = [word.replace("credits.png", str(tmp_path / "c.png")) for word in shlex.split(command)]
    arguments = [str(ROOT / word) if word.startswith("examples/") else word for word in words]
    assert CliRunner().invoke(app, arguments).exit_code == 0
