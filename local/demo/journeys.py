"""Real journeys for the demo, drawn from a file by a fixed seed, and the credit that they must get,
computed straight from the file: nothing here imports the engine that is being checked."""

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path

from local.places import ROOT
from touchline.kernel.clock import DAY_MS, HOUR_MS, MINUTE_MS

FILE = ROOT / "examples" / "data" / "pathdata.csv.gz"
SEED = 20_260_101
CONVERTING = 150
OTHERS = 300
LONGEST_SPAN_MS = 20 * DAY_MS
"""First touch to conversion: well inside the 30 days in which a click may earn credit."""
HALF_LIFE_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class Journey:
    """One person's touches, oldest first, and what they bought (0 if nothing), in micros."""

    user_id: str
    channels: tuple[str, ...]
    touched_at: tuple[int, ...]
    converted_at: int | None
    value_micros: int

    @property
    def order_id(self) -> str:
        """`order-j0007`."""
        return f"order-{self.user_id}"


@dataclass(frozen=True, slots=True)
class KnownPath:
    """A row of the file: channels in order, conversions along them, their value, and the rest."""

    channels: tuple[str, ...]
    conversions: int
    value: Decimal
    nulls: int

    @property
    def value_each_micros(self) -> int:
        """The value of one of its conversions, in micros."""
        each = self.value / self.conversions
        return int((each * 1_000_000).to_integral_value(ROUND_HALF_EVEN))


def read_paths(file: Path = FILE) -> Iterator[KnownPath]:
    """Every row of the file."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            yield KnownPath(
                tuple(row["path"].split(" > ")),
                int(row["total_conversions"]),
                Decimal(row["total_conversion_value"]),
                int(row["total_null"]),
            )


def draw_journeys(now: int, *, seed: int = SEED) -> list[Journey]:
    """The same journeys on every day, placed so that conversions lie 1 to 3 days before `now`."""
    chance = random.Random(seed)  # noqa: S311 - a fixed draw, not a secret
    paths = list(read_paths())
    converting = chance.choices(paths, [path.conversions for path in paths], k=CONVERTING)
    others = chance.choices(paths, [path.nulls for path in paths], k=OTHERS)
    drawn = [(path, True) for path in converting] + [(path, False) for path in others]
    chance.shuffle(drawn)
    return [
        place(path, converts, f"j{number:04d}", now, chance)
        for number, (path, converts) in enumerate(drawn)
    ]


def place(
    path: KnownPath, converts: bool, user_id: str, now: int, chance: random.Random
) -> Journey:
    """Give a path its times: touches at odd intervals before an end within the last three days."""
    end = now - chance.randrange(DAY_MS, 3 * DAY_MS)
    longest = LONGEST_SPAN_MS // len(path.channels)
    at, times = end, []
    for _ in path.channels:
        at -= chance.randrange(MINUTE_MS, min(longest, 30 * HOUR_MS))
        times.append(at)
    value = path.value_each_micros if converts else 0
    touched_at = tuple(reversed(times))
    return Journey(user_id, path.channels, touched_at, end if converts else None, value)


def shares(journey: Journey, model: str) -> list[Fraction]:
    """What each touch earns of the conversion, by the definitions in docs/attribution.md."""
    count = len(journey.channels)
    weights: dict[str, list[Fraction]] = {
        "first_touch": [Fraction(at == 0) for at in range(count)],
        "last_touch": [Fraction(at == count - 1) for at in range(count)],
        "linear": [Fraction(1)] * count,
        "position_based": ends_first(count),
        "time_decay": [
            Fraction(2.0 ** ((at - journey.touched_at[-1]) / HALF_LIFE_MS))
            for at in journey.touched_at
        ],
    }
    total = sum(weights[model])
    return [weight / total for weight in weights[model]]


def ends_first(count: int) -> list[Fraction]:
    """40 % to the first and the last touch each, 20 % to those between."""
    if count < 3:
        return [Fraction(1)] * count
    between = [Fraction(1, 5 * (count - 2))] * (count - 2)
    return [Fraction(2, 5), *between, Fraction(2, 5)]


def expected_credit(journeys: list[Journey], model: str) -> Mapping[str, tuple[Fraction, Fraction]]:
    """Per channel: conversions and value (in micros) that the model gives it."""
    credit: dict[str, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for journey in journeys:
        if journey.converted_at is None:
            continue
        for channel, share in zip(journey.channels, shares(journey, model), strict=True):
            credit[channel][0] += share
            credit[channel][1] += share * journey.value_micros
    return {channel: (count, value) for channel, (count, value) in credit.items()}
