"""The ledger over a table. Every write states its condition; nothing here judges content."""

from touchline.ledger.conversion_store import ConversionStore
from touchline.ledger.quarantine_store import QuarantineStore
from touchline.ledger.touch_store import TouchStore


class LedgerStore(TouchStore, ConversionStore, QuarantineStore):
    """What Touchline remembers. Every method may raise `StoreUnavailable`."""
