"""What this room needs of others: what is declared, and a way to send."""

from typing import Protocol

from touchline.delivery.verdict import Outgoing, Result
from touchline.kernel.ids import AccountId
from touchline.registry.model import Registry


class Registries(Protocol):
    """Knows what is declared, a minute old at most."""

    def registry(self, account: AccountId) -> Registry:
        """Everything declared for an account. Raises NotFound."""
        ...


class Sender(Protocol):
    """Sends one request; never raises for what the other side does."""

    async def send(self, request: Outgoing, deadline_seconds: float) -> Result:
        """The answer, or why there is none."""
        ...
