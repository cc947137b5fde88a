"""One day as it is to be published: what its decisions add up to, and then the fits' part.

The first part is made from the decisions when they have changed, and read from the version that
counts when only the fits are out of date. Either way the same day makes the same rows.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from touchline.attribution.engine.models import MARKOV_MODELS
from touchline.attribution.night.fits import DayFits
from touchline.attribution.night.rollups import (
    COMPARED,
    Cell,
    Content,
    DayRoll,
    PathTally,
    Within,
    chunks,
    credit_rows,
    paths_in,
    within_in,
)
from touchline.attribution.night.work import OWN_CAUSES
from touchline.kernel.ids import Realm
from touchline.ledger.decisions import Decision, decision_of
from touchline.ledger.fields import text
from touchline.ledger.keys import part
from touchline.ledger.measures import ROLLUP, measure_items
from touchline.ledger.result_keys import TRAFFIC_SK, fit_sk, transitions_sk, version_pk
from touchline.platform.dynamo import Item


@dataclass(frozen=True, slots=True)
class Rolled:
    """What a day's decisions add up to. `content` names them; rows have no partition key yet."""

    day: str
    content: str
    rows: Sequence[Item]
    paths: Sequence[PathTally]
    within: Mapping[str, Sequence[Within]]
    cells: Mapping[tuple[str, str], Sequence[Cell]] = field(default_factory=dict)
    causes: Mapping[str, int] = field(default_factory=dict)

    @property
    def found(self) -> int:
        """Decisions that the run changed about conversions of its own input."""
        return sum(self.causes.get(cause, 0) for cause in OWN_CAUSES)

    @property
    def conversions(self) -> int:
        """Conversions that were attributed."""
        return sum(tally.conversions for tally in self.paths)


def rolled_up(
    realm: Realm, day: str, run: str, decisions: Iterable[Item], *, fitted: bool
) -> Rolled:
    """Add up a day's decisions, in order of their keys; count why the run changed them."""
    roll, content, causes = DayRoll(fitted=fitted), Content(), Counter[str]()

    def told() -> Iterator[Decision]:
        for item in decisions:
            content.add(item)
            if text(item, "run") == run:
                causes[text(item, "cause")] += 1
            decision = decision_of(item)
            roll.add(decision)
            yield decision

    measures = measure_items(realm, day, "", told())
    return Rolled(
        day,
        content.text(),
        [*measures, *(_row(sk, body) for sk, body in roll.rows())],
        roll.paths(),
        roll.within(),
        roll.cells(),
        dict(sorted(causes.items())),
    )


def read_back(day: str, content: str, version: Iterable[Item]) -> Rolled:
    """The same from a published version, without what its fits added."""
    rows = [row for row in version if not _of_fits(text(row, "sk"))]
    within: dict[str, list[Within]] = {}
    for dimension in COMPARED:
        prefix = f"within#{part(dimension)}#"
        for row in rows:
            if text(row, "sk").startswith(prefix):
                within.setdefault(dimension, []).extend(within_in(row))
    within.setdefault("channel", [])
    paths = [
        tally for row in rows if text(row, "sk").startswith("paths#") for tally in paths_in(row)
    ]
    return Rolled(day, content, rows, paths, within)


def version_rows(
    realm: Realm, rolled: Rolled, fits: DayFits, cells: Mapping[tuple[str, str], Sequence[Cell]]
) -> tuple[str, list[Item]]:
    """The name of the day's version, and its rows; `cells` are what the fits give."""
    version = _version(rolled.content, fits)
    rows = [*rolled.rows, *(_row(fit_sk(fit.event, fit.model), asdict(fit)) for fit in fits.fits)]
    rows += [_row(sk, body) for sk, body in credit_rows(cells)]
    rows += [_row(transitions_sk(number), some) for number, some in chunks(fits.transitions)]
    if fits.traffic is not None:
        rows.append({"sk": TRAFFIC_SK, "kind": ROLLUP, **fits.traffic._asdict()})
    pk = version_pk(realm, rolled.day, version)
    return version, [{**row, "pk": pk} for row in rows]


def _row(sk: str, body: object) -> Item:
    said = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return {"sk": sk, "kind": ROLLUP, "body": said}


def _of_fits(sk: str) -> bool:
    name, *parts = sk.split("#")
    fitted = name == "credit" and parts[1] in MARKOV_MODELS
    return fitted or name in {"fit", "transitions"} or sk == TRAFFIC_SK


def _version(content: str, fits: DayFits) -> str:
    said = [[asdict(fit) for fit in fits.fits], fits.transitions, fits.traffic]
    fitted = json.dumps(said, sort_keys=True)
    return hashlib.sha256(f"{content} {fitted}".encode()).hexdigest()[:24]
