"""The linter names what is wrong before anything is sent."""

import pytest

from touchline.delivery.lint import lint_body, lint_url
from touchline.kernel.reasons import CATALOGUE


def codes(findings):
    return [finding.code for finding in findings]


def test_a_good_template_has_no_findings():
    assert lint_url("https://h.example.net/pb?c={partner_click_id}&p={payout|minor}") == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{clik_id}", "click_id"),
        ("{clickid}", "click_id"),
        ("{Click_ID}", "click_id"),
        ("{transaction_id}", "conversion_id"),
        ("{payuot}", "payout"),
        ("{aff_sub2}", "sub2"),
        ("{{conversionid}}", "conversion_id"),
    ],
)
def test_a_misspelt_macro_is_named_with_the_nearest_real_name(written, meant):
    (finding,) = lint_url(f"https://h.example.net/?x={written}")

    assert finding.code == "macro_unknown"
    assert finding.suggestion == meant


def test_an_unknown_macro_without_a_neighbour_has_no_suggestion():
    (finding,) = lint_url("https://h.example.net/?x={zzqqxx}")
    assert (finding.code, finding.suggestion) == ("macro_unknown", "")


@pytest.mark.parametrize(
    "template",
    [
        "https://{partner}.example.net/?c={click_id}",
        "{secret}://h.example.net/?c={click_id}",
        "https://h.example.net:{sub1}/?c={click_id}",
        "https://h.example.net/?c=1#{click_id}",
    ],
)
def test_di_08_macros_stand_in_path_and_query_only(template):
    assert "macro_misplaced" in codes(lint_url(template))


@pytest.mark.parametrize(
    "template",
    [
        "https://h.example.net/?c={click_id",
        "https://h.example.net/?c=click_id}",
        "https://h.example.net/?c={click-id}",
        "https://h.example.net/?c={{}}",
        "https://h.example.net/?c=[some_thing]",
        "https://h.example.net/?c=%SOMETHING%",
    ],
)
def test_what_nothing_would_fill_is_named(template):
    assert "macro_unresolved" in codes(lint_url(template))


def test_a_wrong_function_is_named():
    assert codes(lint_url("https://h.example.net/?c={click_id|uper}")) == ["macro_function"]


def test_a_template_without_macros_is_only_remarked_upon():
    (finding,) = lint_url("https://h.example.net/?c=1")
    assert (finding.code, finding.error) == ("macro_none", False)


def test_the_address_is_judged_when_the_macros_are_right():
    assert codes(lint_url("http://h.example.net/?c={click_id}")) == ["url_scheme"]
    assert codes(lint_url("https://10.0.0.1/?c={click_id}")) == ["url_ip"]


def test_a_body_may_hold_braces_of_its_own_but_nothing_that_changes_between_attempts():
    assert lint_body('{"a": {"b": "{click_id}"}}') == ()
    assert codes(lint_body('{"n": {attempt}, "s": "{secret}"}')) == ["macro_misplaced"] * 2
    assert codes(lint_body('{"n": "{clik_id}"}')) == ["macro_unknown"]


def test_every_code_of_the_linter_is_published():
    templates = ["https://u:p@{x}.io/{click_id|no}#{", "https://h.io/", "ftp://h.io/{click_id}"]
    found = {finding.code for text in templates for finding in lint_url(text)}
    assert found <= set(CATALOGUE)
