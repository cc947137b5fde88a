"""The linter of templates: what is wrong is named before anything is sent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from touchline.delivery.delimiters import canonical, nearest
from touchline.delivery.functions import BadCall, check
from touchline.delivery.guard import url_problem
from touchline.delivery.macros import MACROS
from touchline.delivery.templates import MACRO, Macro, macros_of, render_url

_LEFTOVER = re.compile(r"\{\{|\}\}|\$\{|\[\[|\]\]|##|[{}]")
_UNRESOLVED_BODY = re.compile(r"\{\{|\$\{|\[\[[A-Za-z_]+\]\]|##[A-Za-z_]+##")
_GUARDED = re.compile(r"#[A-Za-z_]\w*#|\[[A-Za-z_]\w+\]|%[A-Za-z_]\w{2,}%")


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: a reason code, where, and what was probably meant."""

    code: str
    message: str
    macro: str = ""
    suggestion: str = ""
    position: int = 0
    error: bool = True


def lint_url(
    pasted: str,
    *,
    allow_http: bool = False,
    ports: tuple[int, ...] = (80, 443),
    loopback: bool = False,
) -> tuple[Finding, ...]:
    """Everything wrong with a URL template, in order of place. Empty means: it may be saved."""
    template = canonical(pasted)
    findings = [*_macros(template), *_misplaced(template), *_leftovers(template, _LEFTOVER)]
    findings += _leftovers(template, _GUARDED)
    if not any(finding.error for finding in findings):
        findings += _address(template, allow_http, ports, loopback)
    return tuple(sorted(findings, key=lambda finding: finding.position))


def lint_body(pasted: str) -> tuple[Finding, ...]:
    """Everything wrong with a body template. It is the same on every attempt, so no {attempt}."""
    template = canonical(pasted)
    findings = [*_macros(template), *_leftovers(template, _UNRESOLVED_BODY)]
    findings += [
        Finding(
            "macro_misplaced",
            "a body is made once and stored: nothing secret, nothing that changes",
            macro.name,
            position=macro.position,
        )
        for macro in macros_of(template)
        if macro.name in MACROS and (MACROS[macro.name].per_attempt or MACROS[macro.name].secret)
    ]
    return tuple(sorted(findings, key=lambda finding: finding.position))


def _macros(template: str) -> Iterator[Finding]:
    for macro in macros_of(template):
        if macro.name not in MACROS:
            yield _unknown(macro)
        for call in macro.calls:
            try:
                check(call.name, call.arguments)
            except BadCall as error:
                yield Finding("macro_function", str(error), macro.name, position=macro.position)


def _unknown(macro: Macro) -> Finding:
    meant = nearest(macro.name)
    hint = f"; did you mean {{{meant}}}?" if meant else ""
    return Finding(
        "macro_unknown",
        f"there is no macro {{{macro.name}}}{hint}",
        macro.name,
        meant,
        macro.position,
    )


def _misplaced(template: str) -> Iterator[Finding]:
    start = template.find("://")
    authority_from = 0 if start < 0 else start + 3
    ends = [i for i in (template.find(c, authority_from) for c in "/?#") if i >= 0]
    authority_to = min(ends, default=len(template))
    fragment = next(
        (i for i in _plain_positions(template, "#") if i >= authority_from), len(template)
    )
    for macro in macros_of(template):
        if macro.position < authority_to or macro.position > fragment:
            yield Finding(
                "macro_misplaced",
                f"{{{macro.name}}} stands in the scheme, host or fragment; "
                "macros go in the path and the query",
                macro.name,
                position=macro.position,
            )


def _plain_positions(template: str, wanted: str) -> Iterator[int]:
    spans = [(found.start(), found.end()) for found in MACRO.finditer(template)]
    for index, character in enumerate(template):
        if character == wanted and not any(a <= index < b for a, b in spans):
            yield index


def _leftovers(template: str, pattern: re.Pattern[str]) -> Iterator[Finding]:
    blanked = MACRO.sub(lambda found: " " * len(found[0]), template)
    for found in pattern.finditer(blanked):
        if pattern is _GUARDED and found[0].startswith("%") and _is_encoding(found[0]):
            continue
        yield Finding(
            "macro_unresolved",
            f"{found[0]!r} looks like a placeholder that nothing would fill",
            position=found.start(),
        )


def _is_encoding(text: str) -> bool:
    return re.match(r"%[0-9A-Fa-f]{2}", text) is not None


def _address(
    template: str, allow_http: bool, ports: tuple[int, ...], loopback: bool
) -> Iterator[Finding]:
    sample = render_url(template, {})
    problem = url_problem(sample, allow_http=allow_http, ports=ports, loopback=loopback)
    if problem:
        yield Finding(problem.code, problem.detail)
    if not macros_of(template):
        yield Finding("macro_none", "no macro: every postback would be the same", error=False)
