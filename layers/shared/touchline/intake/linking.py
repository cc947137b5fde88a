"""Links of identities that one request names together: a star around the first. Pure."""

from collections.abc import Sequence

from touchline.intake.arrival import Arrival
from touchline.ledger.identity import Identity
from touchline.ledger.model import Link


def links_between(identities: Sequence[Identity], arrival: Arrival) -> tuple[Link, ...]:
    """One link from the first identity to each other one; none for fewer than two."""
    first, *others = dict.fromkeys(identities) or (None,)
    if first is None:
        return ()
    return tuple(
        Link(
            one=first,
            other=other,
            at=arrival.received_at,
            source=arrival.route,
            receipt=arrival.receipt,
        )
        for other in others
    )
