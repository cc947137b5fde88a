"""The secondary indexes, all sparse and all projecting everything: an item that lacks an index's
attributes is not in it. Every index attribute is a non-empty string."""

from touchline.kernel.values import dataclass


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index: its name and the attributes that are its keys."""

    name: str
    partition: str
    sort: str


BY_BATCH = Index("by_batch", "batch", "batch_at")
"""Conversions of a received day and shard, for the night."""
BY_IDENTITY = Index("by_identity", "person", "person_at")
"""Conversions of an identity, clicks of a partner."""
BY_DUE = Index("by_due", "due_shard", "due_at")
"""Deliveries that wait for their time, for the sweeper."""
BY_TIME = Index("by_time", "log", "log_at")
"""Deliveries of an account in order of time, for the log."""

INDEXES = {index.name: index for index in (BY_BATCH, BY_IDENTITY, BY_DUE, BY_TIME)}
INDEX_ATTRIBUTES = frozenset(
    name for index in INDEXES.values() for name in (index.partition, index.sort)
)
