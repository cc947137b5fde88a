"""What intake costs: CPU to start (import and INIT) and CPU per postback, each against boto3 in the
same run. Every side runs in a process of its own; the table is a stub that answers at once."""

import json
import os
import resource
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.stub import listening, serve
from touchline.kernel.clock import system_clock
from touchline.kernel.ids import AccountId, EventName, id_factory
from touchline.platform.dynamo.table import DynamoTable
from touchline.platform.patience import BATCH
from touchline.registry.audit import Author
from touchline.registry.kinds import ACCOUNT, EVENT
from touchline.registry.model import Account, EventDefinition
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore
from touchline.registry.tokens import Draft, issue

ROOT = Path(__file__).resolve().parent.parent
STARTS = 15
SHOP = AccountId("shop")

BARE = "pass"
BOTO3 = "import boto3; boto3.client('dynamodb')"
INGEST = (
    "from ingest.desk import from_environment; from ingest.handler import Ingest; "
    "Ingest(from_environment('ingest'))"
)


def measure() -> Iterable[Figure]:
    """The figures of `make bench`."""
    answers, token = _answers()
    with listening() as listener:
        threading.Thread(target=serve, args=(listener, answers), daemon=True).start()
        port = str(listener.getsockname()[1])
        environment = _environment(port)
        bare, boto3, ingest = _starts((BARE, BOTO3, INGEST), environment)
        boto3, ingest = boto3 - bare, ingest - bare
        yield Figure("start, CPU", ingest * 1000, "ms", f"boto3 client {boto3 * 1000:.0f} ms")
        yield Figure("start, CPU", ingest / boto3, "× boto3 client")
        one = {
            side: _warm(side, port, token, environment) for side in ("boto3", "wire", "postback")
        }
        against = f"boto3 put {one['boto3'] * 1e3:.2f} ms"
        yield Figure("a signed put, CPU", one["wire"] * 1e3, "ms", against)
        yield Figure("a signed put, CPU", one["wire"] / one["boto3"], "× boto3 put")
        yield Figure("a whole postback, CPU", one["postback"] * 1e3, "ms", against)
        yield Figure("a whole postback, CPU", one["postback"] / one["boto3"], "× boto3 put")


def _starts(codes: Sequence[str], environment: Mapping[str, str]) -> list[float]:
    """CPU seconds of processes that run the codes, in turn, so that a busy moment of the machine
    falls on all of them: the best of some rounds each."""
    best = [float("inf")] * len(codes)
    for _ in range(STARTS):
        for at, code in enumerate(codes):
            best[at] = min(best[at], _start(code, environment))
    return best


def _start(code: str, environment: Mapping[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-s", "-c", code], env=dict(environment), check=True)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _warm(side: str, port: str, token: str, environment: Mapping[str, str]) -> float:
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.ingest_process", side, port, token],
        env=dict(environment),
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return float(json.loads(done.stdout))


def _environment(port: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("layers/shared", "functions")),
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "LEDGER_TABLE": "ledger",
        "REGISTRY_TABLE": "registry",
        "SPILL_QUEUE_URL": "http://127.0.0.1/queue",
    }


class _Recorder:
    """A transport that keeps what was written, in DynamoDB's own form."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def call(self, _operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Nothing is there, everything is taken."""
        self.items += [
            one["Put"]["Item"] for one in request.get("TransactItems", ()) if "Put" in one
        ]
        return {}

    def pack(self, raw: bytes) -> str:
        """The registry holds no bytes."""
        return raw.decode()

    def unpack(self, packed: Any) -> bytes:
        """The registry holds no bytes."""
        return bytes(packed)


def _answers() -> tuple[dict[str, bytes], str]:
    """What the stub answers: an account with an event, its token, and yes to every write."""
    new_id = id_factory(system_clock)
    written = _Recorder()
    table = DynamoTable(written, "registry", BATCH, lambda _: None)
    author = Author("benchmark", 0, "aud")
    registry = RegistryStore(table)
    registry.create(SHOP, ACCOUNT, Account(SHOP, currency="EUR"), author)
    registry.create(SHOP, EVENT, EventDefinition(EventName("purchase")), author)
    draft = Draft(SHOP, "benchmark", ("ingest",))
    token, text = issue(draft, clock=system_clock, new_id=new_id, random_bits=secrets.randbits)
    TokenStore(table).add(token, author)
    declared = [item for item in written.items if item["sk"]["S"].startswith("R#")]
    (issued,) = (item for item in written.items if item["pk"]["S"].startswith("K#"))
    said: dict[str, Any] = {
        "Query": {"Items": declared, "Count": len(declared)},
        "GetItem": {"Item": issued},
        "BatchGetItem": {"Responses": {}},
        "PutItem": {},
        "UpdateItem": {"Attributes": {}},
        "BatchWriteItem": {},
        "TransactWriteItems": {},
    }
    return {operation: json.dumps(body).encode() for operation, body in said.items()}, text
