"""Where this room learns what is declared."""

from typing import Protocol

from touchline.kernel.ids import AccountId
from touchline.registry.model import Registry


class Registries(Protocol):
    """Knows what is declared, a minute old at most."""

    def registry(self, account: AccountId) -> Registry:
        """Everything declared for an account. Raises NotFound."""
        ...
