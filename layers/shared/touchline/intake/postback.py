"""`/postback`: one conversion in the dialect of the partner."""

from touchline.intake.arrival import Arrival, Outcome
from touchline.intake.caller import Caller
from touchline.intake.dialects import canonical
from touchline.intake.parameters import parameters_of
from touchline.intake.ports import Desk
from touchline.intake.quarantine import quarantining
from touchline.intake.record import record
from touchline.intake.submission import from_canonical


def postback(desk: Desk, caller: Caller, arrival: Arrival) -> Outcome:
    """Store, update or quarantine what a postback says. Raises Forbidden, StoreUnavailable."""

    def work() -> Outcome:
        said = canonical(parameters_of(arrival.envelope), caller.partner)
        return record(desk, caller, arrival, from_canonical(said))

    return quarantining(desk, caller, arrival, work)
