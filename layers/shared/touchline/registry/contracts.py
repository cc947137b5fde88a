"""What may be declared: Pydantic models made from the registry's dataclasses, and the errors of
what may not, each with its place and the nearest name."""

import difflib
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    WithJsonSchema,
    create_model,
)

from touchline.kernel.errors import Refused
from touchline.kernel.ids import CampaignId, EndpointId, EventName, PartnerId, is_slug
from touchline.registry.commission import Cap
from touchline.registry.external import FINGERPRINT, READ_ONLY, READERS, form_of, outside_name
from touchline.registry.fraud_rules import FraudRules
from touchline.registry.kinds import Kind
from touchline.registry.model import (
    Account,
    Endpoint,
    EventDefinition,
    Firing,
    Goal,
    Partner,
    RateLimit,
    Secret,
    SigningKey,
)
from touchline.registry.rows import plain_type

MAX_TEXT = 2_048
MAX_BODY = 20_000
MOST_IN_A_LIST = 1_000
MOST_PROBLEMS = 5

_EVENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.:-]{0,63}")
_HOST = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}(?::\d+)?")
_CURRENCY = re.compile(r"(?:[A-Z]{3})?")
_SECRET = re.compile(r"whs(?:ec|k)_[A-Za-z0-9+/=_-]{16,200}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _matching(pattern: re.Pattern[str], meaning: str) -> Any:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(meaning)
        return text

    return Annotated[StrictStr, AfterValidator(check), Field(json_schema_extra={"title": meaning})]


def _slug(text: str) -> str:
    if not is_slug(text):
        raise ValueError("1 to 64 of a-z, 0-9, - _ . and no punctuation first")
    return text


def _printable(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("no control characters")
    return text


def _secret(text: str) -> str:
    if not (_SECRET.fullmatch(text) or FINGERPRINT.fullmatch(text)):
        raise ValueError("whsec_… (HMAC) or whsk_… (ed25519), or the fingerprint that was shown")
    return text


def _unsealed(text: str) -> str:
    if text.startswith("sealed:"):
        raise ValueError("the secret itself, or the fingerprint that was shown")
    return text


_SLUG = Annotated[StrictStr, AfterValidator(_slug)]
_EVENT_NAME = _matching(_EVENT, "1 to 64 letters, digits, blanks, _ . : -")
_TEXT = Annotated[StrictStr, Field(max_length=MAX_TEXT), AfterValidator(_printable)]
_COUNT = Annotated[StrictInt, Field(ge=0, le=10**15)]
_POSITIVE = Annotated[StrictInt, Field(ge=1, le=10**9)]
_FORMS = {
    "micros": Annotated[
        int,
        BeforeValidator(READERS["micros"]),
        Field(ge=0),
        WithJsonSchema({"type": ["string", "number"], "examples": ["4.50"]}),
    ],
    "ppm": Annotated[
        int,
        BeforeValidator(READERS["ppm"]),
        WithJsonSchema({"type": ["string", "number"], "examples": ["5%"]}),
    ],
    "seconds": Annotated[
        int,
        BeforeValidator(READERS["seconds"]),
        WithJsonSchema({"type": ["string", "integer"], "examples": ["30d", 3600]}),
    ],
    "at": Annotated[
        int,
        BeforeValidator(READERS["at"]),
        WithJsonSchema({"type": ["string", "integer"], "examples": ["2026-01-31T12:00:00Z"]}),
    ],
}
_SPECIAL: Mapping[tuple[type, str], Any] = {
    (Account, "id"): _SLUG,
    (Account, "site_key"): _matching(
        re.compile(r"(?:tl_site_[0-9a-z]{26})?"), "made by us: leave it out"
    ),
    (Account, "own_hosts"): _matching(_HOST, "a host name such as shop.example"),
    (Account, "payment_hosts"): _matching(_HOST, "a host name such as pay.example"),
    (FraudRules, "verdict"): Literal["flag", "hold"],
    (FraudRules, "disposable_domains"): _matching(_HOST, "a domain such as mail.example"),
    (EventDefinition, "kind"): Literal["macro", "micro"],
    (Goal, "period"): Literal["day", "week", "month"],
    (Cap, "period"): Literal["day", "month", "total"],
    (Firing, "outcome"): Literal["", "won", "lost"],
    (Endpoint, "method"): Literal["GET", "POST", "PUT"],
    (Endpoint, "state"): Literal["active", "paused"],
    (Endpoint, "body"): Annotated[StrictStr, Field(max_length=MAX_BODY)],
    (Endpoint, "ports"): Annotated[StrictInt, Field(ge=1, le=65_535)],
    (Secret, "value"): Annotated[
        StrictStr,
        AfterValidator(_secret),
        Field(json_schema_extra={"title": "whsec_… or whsk_…"}),
    ],
    (SigningKey, "secret"): Annotated[
        StrictStr, Field(min_length=16, max_length=256), AfterValidator(_unsealed)
    ],
    (RateLimit, "count"): _POSITIVE,
    (RateLimit, "per_seconds"): Annotated[StrictInt, Field(ge=1, le=3_600)],
    (Partner, "parameter_map"): _TEXT,
}
_BY_NAME = {
    "currency": _matching(_CURRENCY, "an ISO 4217 code such as EUR"),
    "payout_currency": _matching(_CURRENCY, "an ISO 4217 code such as EUR"),
    "hosts": _matching(_HOST, "a host name such as shop.example"),
}
_BY_TYPE = {
    EventName: _EVENT_NAME,
    CampaignId: _SLUG,
    PartnerId: _SLUG,
    EndpointId: _SLUG,
    int: _COUNT,
    bool: StrictBool,
    str: _TEXT,
}


@cache
def contract(kind: type) -> type[BaseModel]:
    """The Pydantic model of a declared thing, in its outside form."""
    described: list[Any] = list(fields(kind))
    declared: dict[str, Any] = {}
    for one in described:
        if (kind, one.name) in READ_ONLY or (one.name == "version"):
            continue
        default = ... if _needed(one) else None
        annotation = _annotation(kind, one.name, one.type)
        if default is None:
            annotation = annotation | None
        declared[outside_name(kind, one.name)] = (annotation, default)
    made: type[BaseModel] = create_model(
        kind.__name__,
        __config__=ConfigDict(extra="forbid"),
        __doc__=(kind.__doc__ or "").strip(),
        **declared,
    )
    return made


def parse(kind: Kind, said: Any) -> Any:
    """The declared value that a body or a file says. What it leaves out has its default.

    Raises Refused `unknown_field` or `bad_field`, with up to five problems, each with its place.
    """
    model_of: Any = kind.model
    try:
        model = contract(model_of).model_validate(said)
    except ValidationError as error:
        raise _refused(kind.model, error) from error
    return _value(kind.model, model)


def _value(kind: type, model: BaseModel) -> Any:
    values: dict[str, Any] = {}
    described: list[Any] = list(fields(kind))
    for one in described:
        name = outside_name(kind, one.name)
        if name in model.model_fields_set and getattr(model, name) is not None:
            values[one.name] = _inner(one.type, getattr(model, name))
    return kind(**values)


def _inner(declared: Any, said: Any) -> Any:
    plain = plain_type(declared)
    arguments = get_args(plain)
    if isinstance(said, BaseModel):
        return _value(plain, said)
    if isinstance(said, list | tuple):
        return tuple(_inner(arguments[0], one) for one in said)
    if isinstance(said, Mapping):
        return {key: _inner(arguments[1], one) for key, one in said.items()}
    if isinstance(plain, type) and issubclass(plain, StrEnum):
        return plain(said)
    return said


def _needed(one: Any) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _annotation(kind: type, name: str, declared: Any) -> Any:
    plain = plain_type(declared)
    if get_origin(plain) is tuple:
        arguments = [one for one in get_args(plain) if one is not ...]
        inner = _one(kind, name, arguments[0])
        if len(arguments) > 1:
            return tuple[tuple(inner for _ in arguments)]  # type: ignore[misc]
        return Annotated[list[inner], Field(max_length=MOST_IN_A_LIST)]  # type: ignore[valid-type]
    if get_origin(plain) in {Mapping, dict} or (get_args(plain) and len(get_args(plain)) == 2):
        inner = _one(kind, name, get_args(plain)[1])
        return Annotated[dict[_TEXT, inner], Field(max_length=MOST_IN_A_LIST)]  # type: ignore[valid-type]
    return _one(kind, name, declared)


def _one(kind: type, name: str, declared: Any) -> Any:
    if (kind, name) in _SPECIAL:
        return _SPECIAL[kind, name]
    if name in _BY_NAME:
        return _BY_NAME[name]
    for known in _without_none(declared):
        if known in _BY_TYPE and form_of(name) == "plain":
            return _BY_TYPE[known]
    if form_of(name) != "plain":
        return _FORMS[form_of(name)]
    plain = plain_type(declared)
    if is_dataclass(plain) and isinstance(plain, type):
        nested: Any = plain
        return contract(nested)
    return plain


def _without_none(declared: Any) -> list[Any]:
    if get_origin(declared) in {Union, types.UnionType}:
        return [one for one in get_args(declared) if one is not type(None)]
    return [declared]


def _refused(kind: type, error: ValidationError) -> Refused:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    told = [_told(kind, problem) for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        told.append(f"and {len(problems) - MOST_PROBLEMS} more")
    unknown = any(problem["type"] == "extra_forbidden" for problem in problems)
    place = ".".join(str(part) for part in problems[0]["loc"])
    return Refused("unknown_field" if unknown else "bad_field", "; ".join(told), field=place)


def _told(kind: type, problem: Any) -> str:
    place = ".".join(str(part)[:64] for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(problem["loc"][-1]), _names_at(kind, problem["loc"]))
        return f"{place}: unknown" + (f", did you mean `{near[0]}`?" if near else "")
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _names_at(kind: type, place: tuple[Any, ...]) -> list[str]:
    model = contract(kind)
    for part in place[:-1]:
        inner = model.model_fields.get(str(part))
        if inner is not None:
            model = _model_in(inner.annotation) or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(one) for one in get_args(annotation))
    return next((one for one in found if one is not None), None)
