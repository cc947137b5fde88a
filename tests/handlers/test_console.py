"""The console's files as the reports function serves them."""

import re
from pathlib import Path

import pytest

from reports.console import folder
from tests.reports_api import a_shop


def test_the_console_is_one_page_with_a_strict_policy() -> None:
    page = a_shop().get("/console", token="")

    assert page.status == 200
    assert "'unsafe" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<style" not in page.text
    assert "style=" not in page.text
    assert "onclick" not in page.text


def version_in(page: str) -> str:
    return page.partition('src="console/')[2].partition("/")[0]


def test_files_of_the_console_may_be_kept_for_good_under_their_version() -> None:
    api = a_shop()
    version = version_in(api.get("/console").text)

    script = api.request(
        "GET", f"/console/{version}/app.js", headers={"accept-encoding": "gzip, br"}
    )

    assert script.status == 200
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["content-type"].startswith("text/javascript")


def test_every_file_that_the_console_names_is_there() -> None:
    api = a_shop()
    version = version_in(api.get("/console").text)
    script = api.get(f"/console/{version}/app.js").text
    pages = [line.partition('import("./')[2].partition('"')[0] for line in script.splitlines()]

    for name in ["app.css", "icon.svg", "vendor/chart.js", *filter(None, pages)]:
        assert api.get(f"/console/{version}/{name}").status == 200, name


@pytest.mark.parametrize(
    "path",
    [
        "/console/x/app.js",
        "/console/{v}/index.html",
        "/console/{v}/..%2f..%2fhandler.py",
        "/console/{v}",
    ],
)
def test_nothing_but_the_consoles_own_files_is_served(path: str) -> None:
    api = a_shop()
    version = version_in(api.get("/console").text)

    assert api.get(path.replace("{v}", version)).code == "not_found"


def test_the_first_view_is_below_300_kilobytes() -> None:
    api = a_shop()
    page = api.get("/console").text
    version = version_in(page)
    first = ["app.js", "api.js", "dom.js", "app.css", "icon.svg", "charts.js", "range.js"]
    first += ["pages/overview.js", "vendor/chart.js"]

    sizes = [len(api.get(f"/console/{version}/{name}").text.encode()) for name in first]

    assert sum(sizes) + len(page) < 300_000


MODULES = sorted(path for path in folder().rglob("*.js") if path.parent.name != "vendor")
IMPORTED = re.compile(r"^import \{ (.*?) \} from", re.MULTILINE)
EXPORTED = re.compile(r"^export (?:async )?(?:function|const) (\w+)", re.MULTILINE)
DEFINED = re.compile(r"(?:function|const|let|class) (?:\{ )?(\w+)")
TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|//.*')


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_imports_just_what_it_uses(module: Path) -> None:
    known = {name for path in MODULES for name in EXPORTED.findall(path.read_text("utf-8"))}
    source = module.read_text("utf-8")
    imported = {name for names in IMPORTED.findall(source) for name in names.split(", ")}
    code = TEXT.sub("", IMPORTED.sub("", source)).replace("...", " ")

    used = set(re.findall(r"(?<![.\w])(\w+)(?!\w|:)", code))
    called = set(re.findall(r"(?<![.\w])(\w+)\(", code))

    assert imported <= used
    assert (called & known) - set(DEFINED.findall(code)) <= imported
