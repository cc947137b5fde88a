"""When a conversion looks like fraud, as data. Nothing is looked at unless it is stated."""

from touchline.kernel.values import dataclass

FLAG, HOLD = "flag", "hold"


@dataclass(frozen=True, slots=True)
class FraudRules:
    """What makes a conversion suspicious, and what is done with one: it is remarked, or held too
    until an operator releases it. It is never dropped.

    `most_per_address` counts the conversions of one address of clicks in an hour, `most_per_click`
    those of one event by one click in 30 days. `largest_value_micros` is in the account's currency.
    """

    verdict: str = FLAG  # flag | hold
    minimum_click_seconds: int | None = None  # from the click to the conversion
    largest_value_micros: int | None = None
    most_per_address: int | None = None
    most_per_click: int | None = None
    disposable_domains: tuple[str, ...] = ()  # of email addresses that nobody keeps
