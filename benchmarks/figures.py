"""What a benchmark reports: named figures, each with its unit and what it was compared with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `against` says what the rival of the same run took, if there is one."""

    name: str
    value: float
    unit: str
    against: str = ""
