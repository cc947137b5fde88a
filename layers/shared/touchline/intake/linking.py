"""Links of identities that one request names together: a star around the first. Pure."""

from collections.abc import Sequence

from touchline.intake.arrival import Arrival
from touchline.ledger.identity import Identity
from touchline.ledger.model import Link

SITE = "site"
"""The source of links that browsers claim; the night trusts them less."""


def links_between(
    identities: Sequence[Identity], arrival: Arrival, *, site: bool = False
) -> tuple[Link, ...]:
    """One link from the first identity to each other one; none for fewer than two."""
    first, *others = dict.fromkeys(identities) or (None,)
    if first is None:
        return ()
    return tuple(
        Link(
            one=first,
            other=other,
            at=arrival.recorded_at,
            source=SITE if site else arrival.route,
            receipt=arrival.receipt,
        )
        for other in others
    )
