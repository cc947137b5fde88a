"""The rules that hold for one touch of one conversion: account, event and partner taken together.

What a partner has otherwise stands before what the event has otherwise, and that before the
account's rules; at each of them `channel:kind` stands before `kind`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from touchline.ledger.model import Touch
from touchline.registry.attribution_rules import (
    DEFAULT_WINDOWS,
    AttributionRules,
    RuleOverrides,
)
from touchline.registry.model import Registry

PAYMENT_HOSTS = frozenset(
    {
        *("paypal.com", "stripe.com", "checkout.stripe.com", "klarna.com", "adyen.com"),
        *("afterpay.com", "affirm.com", "mollie.com", "checkout.com", "worldpay.com"),
        *("payu.com", "razorpay.com", "iyzipay.com", "iyzico.com", "sofort.com"),
        *("paydirekt.de", "giropay.de", "clearpay.co.uk", "amazonpay.com", "pay.google.com"),
        *("shop.app", "squareup.com", "2checkout.com", "payments.amazon.com", "alipay.com"),
    }
)
"""Hosts that a shopper only passes through to pay; an account adds its own."""

_NO_OVERRIDES = RuleOverrides()
_UNLISTED_SECONDS = DEFAULT_WINDOWS["click"]


@dataclass(frozen=True, slots=True)
class Window:
    """A look-back window and the name under which a verdict speaks of it (`email_open`)."""

    name: str
    seconds: int


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Everything that is asked of one conversion's touches."""

    rules: AttributionRules
    event: RuleOverrides
    partners: Mapping[str, RuleOverrides]
    own_hosts: frozenset[str]
    payment_hosts: frozenset[str]

    def window(self, touch: Touch) -> Window:
        """How far back a touch of this kind counts. An unlisted kind counts as a click does."""
        kind = touch.kind.value
        precise = f"{touch.channel.lower()}:{kind}"
        for windows in (self._partner(touch).windows, self.event.windows, self.rules.windows):
            for name in (precise, kind):
                if name in windows:
                    return Window(name.replace(":", "_"), windows[name])
        return Window(
            kind, DEFAULT_WINDOWS.get(precise, DEFAULT_WINDOWS.get(kind, _UNLISTED_SECONDS))
        )

    def minimum_seconds(self, touch: Touch) -> int:
        """How long before the conversion a touch must have been."""
        for stated in (self._partner(touch).minimum_seconds, self.event.minimum_seconds):
            if stated is not None:
                return stated
        return self.rules.minimum_seconds

    def _partner(self, touch: Touch) -> RuleOverrides:
        return self.partners.get(touch.partner or "", _NO_OVERRIDES)


def rule_book(registry: Registry, rules: AttributionRules, event: str) -> RuleBook:
    """The rules for conversions of one event (named as it is now, or as it was)."""
    definition = next(
        (one for one in registry.events.values() if _bears(one.names, one.api_name, event)), None
    )
    return RuleBook(
        rules=rules,
        event=definition.overrides if definition else _NO_OVERRIDES,
        partners={
            str(partner.id): partner.overrides
            for partner in registry.partners.values()
            if partner.overrides != _NO_OVERRIDES
        },
        own_hosts=frozenset(host.lower() for host in registry.account.own_hosts),
        payment_hosts=PAYMENT_HOSTS | {host.lower() for host in registry.account.payment_hosts},
    )


def under(host: str, hosts: frozenset[str]) -> bool:
    """Whether a host is one of these or lies under one (`www.paypal.com` under `paypal.com`)."""
    host = host.lower().rstrip(".")
    while host:
        if host in hosts:
            return True
        host = host.partition(".")[2]
    return False


def _bears(names: tuple[object, ...], api_name: str, wanted: str) -> bool:
    return wanted == api_name or any(getattr(span, "name", None) == wanted for span in names)
