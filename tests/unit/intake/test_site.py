"""The browser script as it is served; what it does is told in tests/e2e/test_browser.py."""

import re

from touchline.intake.site import site_script
from touchline.intake.visit import AD_IDS


def test_the_script_is_under_three_kilobytes() -> None:
    assert len(site_script()) < 3_000


def test_comments_and_indentation_are_not_served() -> None:
    assert site_script("// why\n  a()\n\n    // how\n  b() // no comment line\n") == (
        b"a()\nb() // no comment line"
    )


def test_the_script_looks_for_the_same_ad_click_ids_as_intake_keeps() -> None:
    found = re.search(r"/\((cl.*?)/\.test", site_script().decode())
    assert found is not None
    pattern = re.compile(f"({found[1]}")
    assert [name for name in AD_IDS if not pattern.search(name)] == []
    assert not pattern.search("click_id")
