"""The kinds of things that are declared, in one table: what each is called where."""

from typing import Any

from touchline.kernel.values import dataclass
from touchline.registry.model import (
    Account,
    Campaign,
    Endpoint,
    EventDefinition,
    Partner,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` is the key's word, `plural` the word of routes and files, `key` the ID's field."""

    name: str
    plural: str
    model: type[Any]
    key: str = "id"


ACCOUNT = Kind("account", "accounts", Account)
EVENT = Kind("event", "events", EventDefinition, "api_name")
CAMPAIGN = Kind("campaign", "campaigns", Campaign)
PARTNER = Kind("partner", "partners", Partner)
ENDPOINT = Kind("endpoint", "endpoints", Endpoint)

THINGS = (EVENT, PARTNER, CAMPAIGN, ENDPOINT)
"""What an account has; in this order they are made (a campaign may name an event)."""
BY_NAME = {kind.name: kind for kind in (ACCOUNT, *THINGS)}
BY_PLURAL = {kind.plural: kind for kind in (ACCOUNT, *THINGS)}
