"""One side of the ingest benchmark, in a process of its own: `python -m benchmarks.ingest_process
SIDE PORT TOKEN` prints the CPU seconds of one call, warm. Sides: postback, wire, boto3."""

import json
import sys
import time
from collections.abc import Callable

from touchline.kernel.clock import system_clock
from touchline.platform.connect import Connections
from touchline.platform.settings import Aws

CALLS = 400
WARM_UP = 40
ROUNDS = 5


def cpu_of_one(call: Callable[[int], object]) -> float:
    """CPU seconds of one call: the best of some rounds."""
    for number in range(WARM_UP):
        call(number)
    best = float("inf")
    for turn in range(ROUNDS):
        first = WARM_UP + turn * CALLS
        started = time.process_time()
        for number in range(first, first + CALLS):
            call(number)
        best = min(best, (time.process_time() - started) / CALLS)
    return best


def main(side: str, port: str, token: str) -> None:
    """Measure one side against the stub on this port."""
    aws = Aws("eu-west-1", f"http://127.0.0.1:{port}", "AKID", "secret")
    if side == "postback":
        call = _postback(aws, token)
    else:
        table = Connections(aws, client=side).table("ledger")
        item = {"pk": "shop#C#purchase", "sk": "C#", **{f"field{n}": "x" * 20 for n in range(20)}}
        call = lambda number: table.put({**item, "sk": f"C#{number}"})  # noqa: E731
    sys.stdout.write(json.dumps(cpu_of_one(call)))


def _postback(aws: Aws, token: str) -> Callable[[int], object]:
    from ingest.desk import parts  # noqa: PLC0415 - only this side needs it
    from ingest.handler import Ingest  # noqa: PLC0415
    from touchline.kernel.ids import id_factory  # noqa: PLC0415
    from touchline.platform.observability import Log  # noqa: PLC0415
    from touchline.platform.patience import INTAKE  # noqa: PLC0415

    connected = Connections(aws, patience=INTAKE)
    made = parts(
        ledger=connected.table("ledger"),
        registry=connected.table("registry"),
        spill=connected.queue("http://127.0.0.1/queue"),
        clock=system_clock,
        new_id=id_factory(system_clock),
        log=Log("ingest", system_clock, write=lambda _line: None),
        open_secret=connected.seals("/sealing-key").open,
    )
    ingest = Ingest(made)

    def call(number: int) -> object:
        answer = ingest.handle(
            {
                "rawPath": "/postback",
                "rawQueryString": f"event=purchase&conversion_id=o-{number}&value=10.00"
                f"&currency=EUR&user_domain=crm&user_id=u{number}&token={token}",
                "headers": {"user-agent": "benchmark"},
                "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.1"}},
            }
        )
        if answer["headers"]["x-touchline-outcome"] != "stored":
            raise RuntimeError(answer["body"])
        return answer

    return call


if __name__ == "__main__":
    main(*sys.argv[1:])
