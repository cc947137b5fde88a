"""Every key of the results table, each with the string it makes. Parts are escaped as in keys.py.

Decisions lie by the day on which the conversion occurred. What a day publishes lies under its
version, and one pointer per day says which version counts, so that a reader never sees half.
"""

from touchline.kernel.clock import day_of
from touchline.kernel.ids import Realm
from touchline.ledger.keys import SHARDS, part, shard_of
from touchline.ledger.model import ConversionKey
from touchline.platform.dynamo import Key


def decision_key(realm: Realm, key: ConversionKey, occurred_at: int) -> Key:
    """`shop#D#2026-01-31#3`, `purchase#A-1001#acme`: one decision, in one of the day's shards.

    The shard is that of the order, so that all claims to one order lie together.
    """
    shard = shard_of(f"{part(key.event)}#{part(key.id)}")
    return Key(
        decisions_pk(realm, day_of(occurred_at), shard),
        f"{part(key.event)}#{part(key.id)}#{part(key.scope)}",
    )


def decisions_pk(realm: Realm, day: str, shard: int) -> str:
    """`shop#D#2026-01-31#3`: decisions about conversions that occurred that UTC day."""
    return f"{part(realm)}#D#{day}#{shard}"


def decision_partitions(realm: Realm, day: str) -> tuple[str, ...]:
    """The partitions of all decisions of one day."""
    return tuple(decisions_pk(realm, day, shard) for shard in range(SHARDS))


def published_pk(realm: Realm) -> str:
    """`shop#U`: which version of each day counts."""
    return f"{part(realm)}#U"


def published_key(realm: Realm, day: str) -> Key:
    """`shop#U`, `2026-01-31`: the pointer to the version of one day that counts."""
    return Key(published_pk(realm), day)


def version_pk(realm: Realm, day: str, version: str) -> str:
    """`shop#U#2026-01-31#9f2c…`: everything that one version of one day says; never rewritten."""
    return f"{part(realm)}#U#{day}#{version}"


def credit_sk(dimension: str, model: str, chunk: int = 0) -> str:
    """`credit#channel#linear#0000`: credit under one model by one dimension's values."""
    return f"credit#{part(dimension)}#{part(model)}#{chunk:04d}"


def within_sk(dimension: str, chunk: int = 0) -> str:
    """`within#campaign#0000`: a dimension's values among the touches of each channel."""
    return f"within#{part(dimension)}#{chunk:04d}"


def paths_sk(chunk: int) -> str:
    """`paths#0000`: counted paths of the day's conversions."""
    return f"paths#{chunk:04d}"


FACTS_SK = "facts"
"""`facts`: the day's conversions by outcome, reason, key of the match."""


def measures_sk(event: str, currency: str, partner: str = "") -> str:
    """`measures##purchase#EUR`, `measures#acme#purchase#EUR`: counts, times to conversion and
    cohorts of one event; of all, or of one partner."""
    return f"{measures_prefix(partner)}{part(event)}#{part(currency)}"


def measures_prefix(partner: str = "") -> str:
    """`measures##`, `measures#acme#`: what the measures of all, or of one partner, begin with."""
    return f"measures#{part(partner)}#"


TRAFFIC_SK = f"{measures_prefix()}~traffic"
"""`measures##~traffic`: people and sessions of the day; read with the measures of all."""


def fit_sk(event: str, model: str) -> str:
    """`fit#purchase#markov_1`: a data-driven model fitted on the window that ends that day."""
    return f"fit#{part(event)}#{part(model)}"


def transitions_sk(chunk: int) -> str:
    """`transitions#0000`: from which channel to which journeys went on, event by event."""
    return f"transitions#{chunk:04d}"


def night_pk(realm: Realm) -> str:
    """`shop#N`: the nights of a realm."""
    return f"{part(realm)}#N"


def state_key(realm: Realm) -> Key:
    """`shop#N`, `state`: the lease, the run under way, the last night done."""
    return Key(night_pk(realm), "state")


def run_key(realm: Realm, day: str, number: int) -> Key:
    """`shop#N`, `run#2026-01-31#0001`: the record of one run of one night."""
    return Key(night_pk(realm), f"run#{day}#{number:04d}")


def progress_pk(realm: Realm, run: str) -> str:
    """`shop#P#2026-01-31.1`: the checkpoints of a run under way; gone when it is done."""
    return f"{part(realm)}#P#{run}"


def progress_key(realm: Realm, run: str, step: str) -> Key:
    """`shop#P#2026-01-31.1`, `changes#3`: how far one step of a run has come."""
    return Key(progress_pk(realm, run), step)


def extract_pk(realm: Realm, run: str, segment: int) -> str:
    """`shop#S#2026-01-31.1#3`: what a run under way keeps of one segment of the ledger."""
    return f"{part(realm)}#S#{run}#{segment}"


def extract_key(realm: Realm, run: str, segment: int, about: str, page: int) -> Key:
    """`shop#S#2026-01-31.1#3`, `touches#000017`: what it keeps of one page, about touches, or about
    who is one person; gone when the run is done."""
    return Key(extract_pk(realm, run, segment), f"{about}#{page:06d}")


def joined_pk(realm: Realm, run: str) -> str:
    """`shop#J#2026-01-31.1`: journeys without a conversion, counted for a run under way."""
    return f"{part(realm)}#J#{run}"


def joined_key(realm: Realm, run: str, day: str, bucket: int, piece: int) -> Key:
    """`shop#J#2026-01-31.1`, `2026-01-30#002#0000`: those of one bucket of the people, in the
    window of one day; gone when the run is done."""
    return Key(joined_pk(realm, run), f"{day}#{bucket:03d}#{piece:04d}")


def exports_pk(realm: Realm) -> str:
    """`shop#X`: exports that were asked for; TTL."""
    return f"{part(realm)}#X"


def export_key(realm: Realm, name: str) -> Key:
    """`shop#X`, `exp_…`: one export, how far it is and which files it has."""
    return Key(exports_pk(realm), part(name))
