"""Where a token may stand in a request: a header, the query, a form."""

from touchline.intake.envelope import SECRET_PARAMETERS
from touchline.platform.http_api import Request, pairs


def token_of(request: Request) -> str:
    """The token that came, "" for none: header first, then the query, then the fields of a form.

    In URLs and forms each dialect's own name for it will do (`token`, `secure`, …).
    """
    return (
        request.bearer()
        or _among(request.query)
        or (_among(pairs(request.body.decode("latin-1"))) if _is_form(request) else "")
    )


def _among(found: tuple[tuple[str, str], ...]) -> str:
    for name in SECRET_PARAMETERS:
        for key, value in found:
            if key.lower() == name and value and name != "site_key":
                return value.strip()
    return ""


def _is_form(request: Request) -> bool:
    kind = request.header("content-type").lower()
    return bool(request.body) and kind.startswith("application/x-www-form-urlencoded")
