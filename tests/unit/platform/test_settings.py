"""Settings come from the environment, or a function does not start and says why."""

from dataclasses import dataclass

import pytest

from touchline.kernel.errors import SettingsMissing
from touchline.platform.settings import Aws, Ingest, Operator, load


@dataclass(frozen=True)
class Example:
    some_table: str
    threshold: int = 5
    allowed: bool = False


def test_settings_are_read_by_the_names_of_their_fields() -> None:
    found = load(Example, {"SOME_TABLE": "t", "THRESHOLD": "7", "ALLOWED": "true", "OTHER": "x"})
    assert found == Example("t", 7, allowed=True)


def test_defaults_hold_where_nothing_is_set_or_it_is_empty() -> None:
    assert load(Example, {"SOME_TABLE": "t", "THRESHOLD": ""}) == Example("t")


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, "SOME_TABLE"),
        ({"SOME_TABLE": "t", "THRESHOLD": "many"}, "THRESHOLD"),
        ({"SOME_TABLE": "t", "ALLOWED": "yes"}, "ALLOWED"),
    ],
)
def test_what_is_missing_or_nonsense_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsMissing, match=named):
        load(Example, environ)


def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsMissing, match=r"LEDGER_TABLE, REGISTRY_TABLE, SPILL_QUEUE_URL"):
        load(Ingest, {})


def test_the_surroundings_need_nothing() -> None:
    assert load(Aws, {}).aws_region == "us-east-1"
    assert load(Operator, {}) == Operator()
