"""How long a call to AWS may take, and how often it is tried again."""

from touchline.kernel.values import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Times in seconds. `total_seconds` bounds all attempts of one call together."""

    attempts: int
    connect_seconds: float
    read_seconds: float
    total_seconds: float
    pause_seconds: float = 0.05

    def pause(self, attempt: int, chance: float) -> float:
        """How long to wait after the `attempt`-th failure (from 1): doubling, half of it by
        chance (0 to 1)."""
        longest = min(self.pause_seconds * 2.0 ** (attempt - 1), 2.0)
        return longest * (0.5 + 0.5 * chance)


INTAKE = Patience(attempts=3, connect_seconds=0.5, read_seconds=0.7, total_seconds=1.2)
"""Some ad networks give up after 2 s and retry once: leave time to spill within that."""

BATCH = Patience(attempts=8, connect_seconds=2.0, read_seconds=10.0, total_seconds=40.0)
"""Nobody waits for the answer; throttling is waited out."""
