"""A headless Chromium, where the machine has one. Nothing leaves the machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"
"""A headless browser calls itself one, and would rightly be taken for a machine."""

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-default-apps", "--no-first-run", "--no-default-browser-check", "--mute-audio"),
    "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication",
    # Every name but this machine's is unknown: pages under test can reach nobody.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    f"--user-agent={PERSON}",
)


def needs_chromium() -> pytest.MarkDecorator:
    """Skip, and say plainly why, on a machine without a browser."""
    found = shutil.which("chromium") and shutil.which("chromedriver")
    return pytest.mark.skipif(
        not found, reason="no Chromium on this machine (chromium and chromium-driver)"
    )


@contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    """A browser with an empty profile in the given folder."""
    options = Options()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}", "--window-size=1280,900"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(60)
    driver.set_script_timeout(60)
    try:
        yield driver
    finally:
        driver.quit()
