"""docs/clicks.md says what the code does."""

import re
from pathlib import Path

from tests.factories import NOON
from tests.intake_factories import opened
from touchline.intake.signature import Signed, verify
from touchline.intake.site import site_script
from touchline.kernel.reasons import CATALOGUE
from touchline.registry.model import SigningKey

PAGE = (Path(__file__).parents[3] / "docs" / "clicks.md").read_text(encoding="utf-8")


def test_the_example_of_a_signature_verifies() -> None:
    example = re.search(r"^GET (\S+)\?(\S+)\ntl_sig=([0-9a-f]{64})$", PAGE, re.MULTILINE)
    secret = re.search(r"with the secret `([^`]+)`", PAGE)
    assert example
    assert secret
    path, query, signature = example.groups()
    request = Signed("GET", path, f"{query}&tl_sig={signature}")
    assert verify([SigningKey("k1", secret[1])], request, NOON, opened).refusal == ""


def test_every_flag_of_the_page_is_a_published_reason() -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    flags = {flag for row in rows for flag in re.findall(r"`(\w+)`", row)}
    assert "duplicate_click" in flags
    assert flags <= set(CATALOGUE)


def test_the_scripts_functions_are_those_that_it_has() -> None:
    script = site_script().decode()
    for name in ("setUserId", "view", "click", "visitor", "consent", "ready"):
        assert f"`{name}(" in PAGE or f"{name}(" in PAGE
        assert re.search(rf"^{name}[,:]", script, re.MULTILINE)
