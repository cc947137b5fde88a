"""Every published reason is produced by the code and by a test; none is produced unpublished."""

import re
from functools import cache
from pathlib import Path

import pytest

from touchline.kernel.reasons import CATALOGUE

ROOT = Path(__file__).parents[2]
RAISED = re.compile(
    r"(?:Refused|Conflict|Forbidden|NotFound|TooMany|Unauthorized)\(\s*\"([a-z_]+)\""
)


@cache
def text_of(*folders: str) -> str:
    """All code and cases of some folders, without the catalogue itself and this test."""
    files = (file for folder in folders for file in (ROOT / folder).rglob("*.*"))
    return "\n".join(
        file.read_text(encoding="utf-8")
        for file in files
        if file.suffix in {".py", ".yaml"}
        and not {"reasons", "vendor"} & set(file.parts)
        and file != Path(__file__)
    )


def names(code: str, text: str) -> bool:
    return re.search(rf"\b{code}\b", text) is not None


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_published_reason_is_produced_somewhere(code: str) -> None:
    assert names(code, text_of("layers/shared/touchline", "functions"))


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_published_reason_is_produced_by_a_test(code: str) -> None:
    assert names(code, text_of("tests"))


def test_what_is_raised_is_published() -> None:
    raised = set(RAISED.findall(text_of("layers/shared/touchline", "functions", "cli")))
    assert raised - set(CATALOGUE) == set()
