"""What the attribution function is asked to do, checked once at the edge."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from touchline.kernel.clock import start_of
from touchline.kernel.errors import Refused
from touchline.registry.attribution_rules import AttributionRules
from touchline.registry.rows import document, value_of


def _day(text: str) -> str:
    start_of(text)
    return text


Day = Annotated[str, AfterValidator(_day)]


class NightRequest(BaseModel):
    """`{}` is the night just ended, with any that was missed; or one date, or a range of dates.

    `recompute` decides again what was decided before (a range does, one date does not);
    `rules` are changes to the account's rules, to be tried (`dry_run`) or published.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    date: Day | None = None
    first: Day | None = Field(None, alias="from")
    last: Day | None = Field(None, alias="to")
    account: str | None = None
    test: bool = False
    dry_run: bool = False
    recompute: bool | None = None
    rules: dict[str, Any] | None = None


class StepRequest(BaseModel):
    """One state of the state machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Literal["plan", "work", "publish", "abandon"]
    realm: str
    day: Day
    owner: str
    step: str = ""
    recompute: bool = False


def night_request(event: Mapping[str, Any]) -> NightRequest:
    """Read an invocation. Raises Refused `bad_night` naming the field."""
    try:
        asked = NightRequest.model_validate(dict(event))
    except ValidationError as error:
        raise _refused(error) from error
    if asked.date and (asked.first or asked.last):
        raise Refused("bad_night", "give a date, or from and to, not both", field="date")
    if bool(asked.first) != bool(asked.last) or (asked.first or "") > (asked.last or ""):
        raise Refused("bad_night", "from and to go together, in this order", field="from")
    if asked.rules is not None and asked.account is None:
        raise Refused("bad_night", "rules are those of one account: name it", field="account")
    return asked


def step_request(event: Mapping[str, Any]) -> StepRequest:
    """Read what the state machine asks. Raises Refused `bad_night`."""
    try:
        return StepRequest.model_validate(dict(event))
    except ValidationError as error:
        raise _refused(error) from error


def changed_rules(rules: AttributionRules, changes: Mapping[str, Any]) -> AttributionRules:
    """The rules with some of their fields otherwise. Raises Refused `bad_rules`."""
    known = {one.name for one in fields(AttributionRules)} - {"version"}
    unknown = sorted(changes.keys() - known)
    if unknown:
        raise Refused("bad_rules", f"there is no rule {unknown[0]}", field=unknown[0])
    said = document(rules)
    for name, value in changes.items():
        said[name] = {**said[name], **value} if isinstance(value, dict) else value
    try:
        return value_of(AttributionRules, said)
    except (ValueError, TypeError, KeyError) as error:
        raise Refused("bad_rules", str(error)) from error


def _refused(error: ValidationError) -> Refused:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return Refused("bad_night", f"{place}: {first['msg']}", field=place)
