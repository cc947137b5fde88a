"""An endpoint on its way into the registry: linted, its templates canonical, its secrets sealed."""

from collections.abc import Callable
from dataclasses import replace

from touchline.delivery.delimiters import canonical
from touchline.delivery.functions import BadCall
from touchline.delivery.lint import Finding, lint_body, lint_url
from touchline.delivery.platforms import PLATFORMS, options_problem
from touchline.delivery.signing import BadSecret, new_secret, sign
from touchline.kernel.errors import Refused
from touchline.registry.declare import Check, Finish, Finished
from touchline.registry.model import SECRET_OPTIONS, Endpoint, EndpointFormat, Secret

Seal = Callable[[str], str]
RandomBytes = Callable[[int], bytes]
SIGNED = frozenset({EndpointFormat.JSON, EndpointFormat.BODY})


def check_endpoint(*, loopback: bool) -> Check:
    """The check before an endpoint is saved; `loopback` as in the guard."""

    def check(endpoint: Endpoint) -> None:
        for field, finding in findings(endpoint, loopback=loopback):
            if finding.error:
                raise Refused(finding.code, finding.message, field=field)

    return check


def findings(endpoint: Endpoint, *, loopback: bool) -> list[tuple[str, Finding]]:
    """Everything that the linter finds, by field."""
    found: list[tuple[str, Finding]] = []
    if endpoint.url or endpoint.format not in PLATFORMS:
        found += [
            ("url", finding)
            for finding in lint_url(
                endpoint.url,
                allow_http=endpoint.allow_http,
                ports=endpoint.ports,
                loopback=loopback,
            )
            if finding.code != "macro_none" or endpoint.format is EndpointFormat.GET
        ]
    if endpoint.format is EndpointFormat.BODY:
        found += [("body", finding) for finding in lint_body(endpoint.body)]
    for name, text in endpoint.headers.items():
        found += [(f"headers.{name}", finding) for finding in lint_body(text) if _bad(finding)]
    problem = options_problem(endpoint)
    if problem:
        found.append(("options", Finding("endpoint_options", problem)))
    return found


def finish_endpoint(seal: Seal, random_bytes: RandomBytes) -> Finish:
    """How an endpoint is written down: canonical templates and sealed secrets.

    A new endpoint that signs and states no secret gets one, shown this once.
    """

    def finish(endpoint: Endpoint, before: Endpoint | None) -> Finished:
        shown: dict[str, str] = {}
        given = endpoint.secrets
        if before is None and not given and endpoint.format in SIGNED:
            shown["secret"] = new_secret(random_bytes)
            given = (Secret(shown["secret"]),)
        for secret in given:
            _check_secret(secret)
        saved = replace(
            endpoint,
            url=canonical(endpoint.url),
            body=canonical(endpoint.body) if endpoint.body else "",
            secrets=tuple(replace(one, value=seal(one.value)) for one in given),
            options={
                name: seal(text) if name in SECRET_OPTIONS else text
                for name, text in endpoint.options.items()
            },
        )
        return Finished(saved, shown)

    return finish


def _check_secret(secret: Secret) -> None:
    if secret.value.startswith("sealed:"):
        return
    try:
        sign(secret.value, "", 0, b"")
    except (BadSecret, BadCall) as error:
        raise Refused("bad_secret", str(error), field="secrets") from error


def _bad(finding: Finding) -> bool:
    """In a header a secret may stand; everything else as in a body."""
    return finding.macro != "secret"
