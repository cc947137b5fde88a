"""Every error that Touchline raises on purpose.

TouchlineError
├── Refused             what was asked cannot be done; carries a reason code (kernel.reasons)
│   ├── Unauthorized    no valid token (401, never says which part was wrong)
│   ├── Forbidden       a valid token that may not do this (403)
│   ├── MethodNotAllowed the route exists without this method; carries the allowed ones (405)
│   ├── NotFound        the thing named does not exist, or belongs to somebody else (404)
│   ├── Conflict        it changed meanwhile, or exists already (409)
│   └── TooMany         a rate limit; carries retry_after_seconds (429)
├── StoreError
│   ├── ConditionFailed a conditional write met another state; carries the row found
│   ├── StoreUnavailable throttled, timed out or down: trying again may work
│   └── StoreRefused    the store will never take this
│       └── ItemTooLarge  the item is over 400 KB
├── QueueUnavailable    the queue did not take a message
├── WatchUnavailable    who watches the stack (alarms, metrics) did not answer
└── SettingsMissing     the environment lacks what a function needs, or says nonsense
"""

from collections.abc import Mapping
from typing import Any


class TouchlineError(Exception):
    """The root of the tree above."""


class Refused(TouchlineError):
    """Refused for a published reason. `detail` names the field or value; never a secret."""

    def __init__(self, code: str, detail: str = "", *, field: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.field = field


class Unauthorized(Refused):
    """No valid token came with the request."""

    def __init__(self, code: str = "unauthorized", detail: str = "") -> None:
        super().__init__(code, detail)


class Forbidden(Refused):
    """The token is valid and may not do this."""


class NotFound(Refused):
    """No such thing, or not the caller's."""


class MethodNotAllowed(Refused):
    """The route exists, but not with this method."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__("method_not_allowed", f"allowed: {', '.join(allowed)}")
        self.allowed = allowed


class Conflict(Refused):
    """The thing is in another state than the caller believes."""


class TooMany(Refused):
    """More requests than allowed."""

    def __init__(self, code: str, detail: str = "", *, retry_after_seconds: int = 1) -> None:
        super().__init__(code, detail)
        self.retry_after_seconds = retry_after_seconds


class StoreError(TouchlineError):
    """Something about a table."""


class ConditionFailed(StoreError):
    """A conditional write was not done. `existing` is the row found, None when there is none."""

    def __init__(self, existing: Mapping[str, Any] | None = None) -> None:
        super().__init__("the condition of a write did not hold")
        self.existing = existing


class StoreUnavailable(StoreError):
    """Throttled, timed out or down. Whether the write was applied is unknown."""


class StoreRefused(StoreError):
    """The store will never take this request (too large, malformed, not allowed)."""


class ItemTooLarge(StoreRefused):
    """The item would be over what one row can hold (400 KB)."""


class QueueUnavailable(TouchlineError):
    """The queue did not take a message."""


class WatchUnavailable(TouchlineError):
    """Who watches the stack did not answer, or may not be asked."""


class SettingsMissing(TouchlineError):
    """The environment lacks a variable, or one cannot be read. Names them all."""
