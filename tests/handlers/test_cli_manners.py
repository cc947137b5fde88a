"""How every command behaves, from the table of commands itself: help with examples that hold,
completion, JSON, exit codes, and a clear word when no stack answers."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import COMMANDS, app, loaded
from tests.admin_api import AdminApi
from tests.http_bridge import serving

EXAMPLE = re.compile(r"\[cyan\](touchline [^\[]+)")
WITHOUT_JSON = {"schema", "sign", "verify-signature"}
"""The first prints JSON anyway, the others one line that is meant for a pipe."""


def leaves(name: str) -> list[Any]:
    """The commands under a name: itself, or each of its own."""
    command = loaded(name)
    return list(getattr(command, "commands", {}).values()) or [command]


LEAVES = [(name, leaf) for name in COMMANDS for leaf in leaves(name)]
IDS = [name if leaf.name == name else f"{name} {leaf.name}" for name, leaf in LEAVES]
ASKING = [
    ["status"],
    ["audit", "--account", "shop"],
    ["export", "--account", "shop"],
    ["token", "list", "--account", "shop"],
    ["redrive", "delivery"],
    ["erase", "crm:7", "--account", "shop"],
]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No stack of this machine is found."""
    monkeypatch.chdir(tmp_path)
    for name in ("TOUCHLINE_API_URL", "TOUCHLINE_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def run(*words: str, **about: Any) -> Any:
    return CliRunner().invoke(app, list(words), **about)


@pytest.mark.parametrize(("name", "leaf"), LEAVES, ids=IDS)
def test_help_says_what_it_does_and_shows_examples_that_hold(name: str, leaf: Any) -> None:
    """An example names only options that there are."""
    words = [name] if leaf.name == name else [name, leaf.name]
    assert run(*words, "--help").exit_code == 0
    assert leaf.help
    examples = EXAMPLE.findall(leaf.epilog or "") or re.findall(
        r"touchline [a-z-][^\n`]*", leaf.help
    )
    assert examples
    options = {option for one in leaf.params for option in (*one.opts, *one.secondary_opts)}
    for example in examples:
        shown = shlex.split(re.split(r"[>|&]", example)[0])
        assert shown[1] in COMMANDS
        assert {word for word in shown if re.fullmatch(r"--?[a-z][a-z-]*", word)} <= options


@pytest.mark.parametrize(("name", "leaf"), LEAVES, ids=IDS)
def test_what_prints_data_prints_json_too(name: str, leaf: Any) -> None:
    offered = any("--json" in one.opts for one in leaf.params)
    assert offered is (name not in WITHOUT_JSON)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_an_unknown_option_is_wrong_usage(name: str) -> None:
    assert run(*filter(None, [name]), "--no-such-option").exit_code == 2


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_without_a_stack_one_line_says_what_to_do(words: list[str]) -> None:
    alone = run(*words)
    assert (alone.exit_code, alone.stdout) == (1, "")
    assert "make up" in alone.stderr
    nobody = run(*words, "--api-url", "http://127.0.0.1:9", "--token", "x")
    assert (nobody.exit_code, nobody.stdout) == (1, "")
    assert "nothing answers at http://127.0.0.1:9" in nobody.stderr


@pytest.mark.parametrize(
    "url", ["localhost:4566", "ftp://x.example", "http://[::1", "x", "http://"]
)
def test_a_url_that_is_none_is_named(url: str) -> None:
    told = run("status", "--api-url", url, "--token", "x")
    assert told.exit_code == 1
    assert f"`{url}` is no base URL" in told.stderr


class Stranger:
    """Some other web server."""

    def __init__(self, status: int, body: str) -> None:
        self._answer = {"statusCode": status, "headers": {}, "body": body}

    def handle(self, *_: Any) -> dict[str, Any]:
        return self._answer


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
@pytest.mark.parametrize(
    ("status", "body"), [(200, "<html>"), (404, "<html>"), (502, "bad gateway"), (301, "")]
)
def test_an_answer_that_is_not_ours_is_no_traceback(
    words: list[str], status: int, body: str
) -> None:
    with serving(Stranger(status, body)) as url:
        told = run(*words, "--api-url", url, "--token", "x")
    assert told.exit_code == 1
    assert "is --api-url the base URL of a stack" in told.stderr


def test_an_account_that_is_not_declared_is_not_exported() -> None:
    api = AdminApi()
    with serving(api) as url:
        target = ["--api-url", url, "--token", api.operator]
        told = run("export", "--account", "nobody", *target)
    assert (told.exit_code, told.stdout) == (1, "")
    assert "no account nobody is declared" in told.stderr


def completions(text: str) -> list[str]:
    """What bash offers after the text."""
    asked = {
        "_TOUCHLINE_COMPLETE": "complete_bash",
        "COMP_WORDS": text,
        "COMP_CWORD": str(text.count(" ")),
    }
    command = Path(sys.executable).with_name("touchline")
    done = subprocess.run([command], env=asked, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    return done.stdout.split()


def test_a_shell_completes_commands_their_commands_and_options() -> None:
    assert set(completions("touchline ")) == set(COMMANDS)
    assert completions("touchline tok") == ["token"]
    assert set(completions("touchline token ")) == {"create", "list", "rotate", "revoke"}
    assert completions("touchline apply --dry") == ["--dry-run"]
