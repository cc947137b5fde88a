"""A partner on its way into the registry: the secrets of its signing keys sealed."""

from collections.abc import Callable
from dataclasses import replace

from touchline.registry.declare import Finish, Finished
from touchline.registry.model import Partner


def finish_partner(seal: Callable[[str], str]) -> Finish:
    """How a partner is written down; `seal` leaves what is sealed already."""

    def finish(partner: Partner, _before: Partner | None) -> Finished:
        sealed = tuple(replace(key, secret=seal(key.secret)) for key in partner.signing_keys)
        return Finished(replace(partner, signing_keys=sealed))

    return finish
