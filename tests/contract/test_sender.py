"""The sender against receivers that misbehave, addresses that lie, and certificates that do not
fit: scripted sockets on this machine, a scripted resolver."""

import asyncio
import gzip
import socket
import ssl
import time
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.receivers import Behaviour, Receiver, answers, ok, receiver
from touchline.delivery.sender import MAX_READ, HttpSender
from touchline.delivery.verdict import Answer, NoAnswer, Outgoing, Result, judge

DEADLINE = 1.0


def a_sender(resolve: object = None, *, loopback: bool = True, trust: object = None) -> HttpSender:
    return HttpSender(
        monotonic=time.monotonic,
        resolve=resolve,  # type: ignore[arg-type]
        loopback=loopback,
        trust=trust,  # type: ignore[arg-type]
    )


def sent_to(
    behaviour: Behaviour, request: Outgoing | None = None
) -> tuple[Result, Receiver, float]:
    """Send one request to a receiver that behaves so; result, receiver, seconds it took."""

    async def work() -> tuple[Result, Receiver, float]:
        async with receiver(behaviour) as got, a_sender() as sender:
            wanted = request or Outgoing("POST", "", {"content-type": "application/json"}, b"{}")
            started = time.monotonic()
            result = await sender.send(
                Outgoing(wanted.method, wanted.url or got.url(), wanted.headers, wanted.body),
                DEADLINE,
            )
            return result, got, time.monotonic() - started

    return asyncio.run(work())


def test_a_request_arrives_to_the_byte():
    request = Outgoing(
        "POST", "", {"content-type": "application/json", "webhook-id": "d"}, b'{"a":1}'
    )
    result, got, _ = sent_to(ok(body=b"fine"), request)

    assert isinstance(result, Answer)
    assert (result.status, result.body) == (200, b"fine")
    (arrived,) = got.requests
    assert arrived.line == "POST /pb HTTP/1.1"
    assert arrived.body == b'{"a":1}'
    assert arrived.headers["webhook-id"] == "d"
    assert arrived.headers["content-type"] == "application/json"


def test_a_url_is_sent_as_it_was_rendered():
    async def work() -> str:
        async with receiver(ok()) as got, a_sender() as sender:
            await sender.send(
                Outgoing("GET", got.url("/a%2Fb/%252e?x=%26&y=a+b&z=%C3%BC")), DEADLINE
            )
            return got.requests[0].line

    assert asyncio.run(work()) == "GET /a%2Fb/%252e?x=%26&y=a+b&z=%C3%BC HTTP/1.1"


def drip(head: bytes, piece: bytes, every: float = 0.05) -> Behaviour:
    async def behave(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every)

    return behave


HOSTILE: dict[str, Behaviour] = {
    "drips headers": drip(b"HTTP/1.1 200 OK\r\n", b"x-a: b\r\n"),
    "drips a body": drip(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", b"x"),
    "drips chunks": drip(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "says nothing": drip(b"", b""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_di_09_d3_an_attempt_ends_at_its_deadline(name):
    result, _, seconds = sent_to(HOSTILE[name])

    assert isinstance(result, NoAnswer)
    assert result.reason == "timeout"
    assert DEADLINE <= seconds < DEADLINE + 0.5
    assert judge(result, 0).outcome == "retry"


def endless(head: bytes, piece: bytes) -> Behaviour:
    async def behave(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()

    return behave


@pytest.mark.parametrize(
    "behaviour",
    [
        endless(b"HTTP/1.1 200 OK\r\ncontent-length: 52428800\r\n\r\n", b"x" * 65536),
        endless(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            b"10000\r\n" + b"x" * 65536 + b"\r\n",
        ),
        endless(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 65536),
    ],
)
def test_di_09_d4_of_an_endless_body_64_kib_are_read_and_the_status_decides(behaviour):
    tracemalloc.start()
    result, _, seconds = sent_to(behaviour)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert isinstance(result, Answer)
    assert (result.status, result.bytes_read, result.truncated) == (200, MAX_READ, True)
    assert seconds < DEADLINE
    assert peak < 8_000_000


def test_di_09_d4_a_gzip_bomb_stays_packed():
    bomb = gzip.compress(b"0" * 50_000_000)
    assert len(bomb) < 60_000
    result, _, _ = sent_to(ok("200 OK", bomb, "content-encoding: gzip"))

    assert isinstance(result, Answer)
    assert result.body == bomb


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nx-large: " + b"a" * 100_000 + b"\r\n\r\n",
        b"NOT HTTP AT ALL\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n\x00\x01",
        b"\xff\xfe\x00\x00",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"",
    ],
)
def test_di_09_d1_a_broken_answer_is_a_failure_with_a_reason(raw):
    result, _, seconds = sent_to(answers(raw))

    assert isinstance(result, NoAnswer)
    assert result.reason in {"bad_answer", "connection_lost"}
    assert judge(result, 0).charged
    assert seconds < DEADLINE


def test_di_09_headers_that_are_not_ascii_do_no_harm():
    result, _, _ = sent_to(ok("200 OK", b"", "x-name: ü", "date: \xff"))
    assert isinstance(result, Answer)
    assert result.status == 200


def test_d10_a_success_whose_body_never_ends_well_is_sent_again():
    result, _, _ = sent_to(answers(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"))
    assert judge(result, 0).outcome == "retry"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_ss_04_d5_a_redirect_is_an_answer_and_is_never_followed(status):
    async def work() -> tuple[Result, int]:
        async with receiver(ok()) as inside:
            where = f"location: {inside.url('/latest/meta-data')}"
            async with receiver(ok(f"{status} Found", b"", where)) as got, a_sender() as sender:
                result = await sender.send(Outgoing("GET", got.url()), DEADLINE)
            return result, len(inside.requests)

    result, reached = asyncio.run(work())
    assert isinstance(result, Answer)
    assert (result.status, reached) == (status, 0)
    assert judge(result, 0).reason == "answer_redirect"


def test_d1_a_refused_connection_is_a_failure():
    async def work() -> Result:
        async with receiver(ok()) as got:
            url = got.url()
        async with a_sender() as sender:
            return await sender.send(Outgoing("GET", url), DEADLINE)

    result = asyncio.run(work())
    assert isinstance(result, NoAnswer)
    assert result.reason == "connect_failed"


def test_d1_a_reset_is_a_failure():
    async def reset(_: object, writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        writer.transport.abort()

    result, _, _ = sent_to(reset)
    assert isinstance(result, NoAnswer)
    assert result.reason == "connection_lost"


# addresses


def sent_by_name(*answers_in_turn: Sequence[str] | Exception, loopback: bool = False) -> Result:
    """Send to a name whose lookups give these answers in turn."""
    turns = list(answers_in_turn)

    async def resolve(_: str, __: int) -> Sequence[str]:
        answer = turns.pop(0) if len(turns) > 1 else turns[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def work() -> Result:
        async with receiver(ok()) as got, a_sender(resolve, loopback=loopback) as sender:
            result: Result = NoAnswer("none")
            for _ in answers_in_turn:
                result = await sender.send(
                    Outgoing("GET", f"http://pb.example.net:{got.port}/"), DEADLINE
                )
            assert loopback or got.requests == []
            return result

    return asyncio.run(work())


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.8"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["fd00:ec2::254"],
        ["1.1.1.1", "127.0.0.1"],
        ["127.0.0.1", "1.1.1.1"],
        ["2606:4700:4700::1111", "fe80::1"],
        [*(f"1.1.1.{n}" for n in range(1, 100)), "192.168.0.1"],
    ],
)
def test_ss_02_ss_03_d24_any_forbidden_address_in_an_answer_blocks(addresses):
    result = sent_by_name(addresses)
    assert isinstance(result, NoAnswer)
    assert result.reason == "blocked_address"


def test_ss_03_d23_a_name_that_turns_inside_on_the_second_lookup_is_blocked():
    public = socket.gaierror(socket.EAI_NONAME, "first a lookup that leads nowhere")
    result = sent_by_name(public, ["127.0.0.1"])
    assert isinstance(result, NoAnswer)
    assert result.reason == "blocked_address"


def test_ss_03_the_address_dialled_is_judged_even_when_no_name_was_looked_up():
    async def work() -> Result:
        async with receiver(ok()) as got, a_sender(loopback=False) as sender:
            result = await sender.send(Outgoing("GET", got.url()), DEADLINE)
            assert got.requests == []
            return result

    result = asyncio.run(work())
    assert isinstance(result, NoAnswer)
    assert result.reason == "blocked_address"


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost"])
def test_ss_02_d25_spellings_that_the_machine_reads_as_loopback_are_blocked(host):
    async def work() -> Result:
        async with receiver(ok()) as got, a_sender(loopback=False) as sender:
            result = await sender.send(Outgoing("GET", got.url(host=host)), DEADLINE)
            assert got.requests == []
            return result

    result = asyncio.run(work())
    assert isinstance(result, NoAnswer)
    assert result.reason in {"blocked_address", "dns_failed", "bad_request_target"}


def test_ss_05_d26_proxy_variables_change_nothing(monkeypatch):
    async def work() -> tuple[Result, int, int]:
        async with receiver(ok()) as proxy, receiver(ok()) as got:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
                monkeypatch.setenv(name, proxy.url(""))
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            async with a_sender(loopback=False) as sender:
                result = await sender.send(Outgoing("GET", got.url()), DEADLINE)
            return result, len(proxy.requests), len(got.requests)

    result, by_proxy, directly = asyncio.run(work())
    assert isinstance(result, NoAnswer)
    assert (result.reason, by_proxy, directly) == ("blocked_address", 0, 0)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no such name"), "dns_failed"),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "resolver_unavailable"),
        (socket.gaierror(socket.EAI_FAIL, "servfail"), "resolver_unavailable"),
    ],
)
def test_d2_an_unknown_name_is_told_from_a_resolver_that_is_down(error, reason):
    result = sent_by_name(error)
    assert isinstance(result, NoAnswer)
    assert result.reason == reason


def test_d2_a_resolver_that_hangs_ends_at_the_deadline():
    async def resolve(_: str, __: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    async def work() -> Result:
        async with a_sender(resolve) as sender:
            return await sender.send(Outgoing("GET", "http://pb.example.net/"), 0.2)

    result = asyncio.run(work())
    assert isinstance(result, NoAnswer)
    assert result.reason == "timeout"


# certificates


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> tuple[Path, Path, Path]:
    """A certificate authority of our own and a certificate for pb.example.net."""
    folder = tmp_path_factory.mktemp("tls")
    day = timedelta(days=1)
    began = datetime(2020, 1, 1, tzinfo=UTC)

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    base = x509.CertificateBuilder().not_valid_before(began).not_valid_after(began + 20_000 * day)
    ca = (
        base.subject_name(named("Test CA"))
        .issuer_name(named("Test CA"))
        .public_key(ca_key.public_key())
        .serial_number(1)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        base.subject_name(named("pb.example.net"))
        .issuer_name(named("Test CA"))
        .public_key(key.public_key())
        .serial_number(2)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("pb.example.net")]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    paths = (folder / "ca.pem", folder / "leaf.pem", folder / "key.pem")
    paths[0].write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    paths[2].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def sent_over_tls(authority: tuple[Path, Path, Path], host: str, *, trusted: bool = True) -> Result:
    ca, leaf, key = authority
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(leaf, key)
    trust = ssl.create_default_context(cafile=str(ca)) if trusted else None

    async def resolve(_: str, __: int) -> Sequence[str]:
        return ["127.0.0.1"]

    async def work() -> Result:
        async with receiver(ok(), server) as got, a_sender(resolve, trust=trust) as sender:
            return await sender.send(Outgoing("GET", got.url("/", host, "https")), 5.0)

    return asyncio.run(work())


def test_ss_06_a_certificate_for_the_name_is_accepted_on_the_pinned_address(authority):
    result = sent_over_tls(authority, "pb.example.net")
    assert isinstance(result, Answer)
    assert result.status == 200


@pytest.mark.parametrize(
    ("host", "trusted"), [("other.example.net", True), ("pb.example.net", False)]
)
def test_ss_06_d1_another_name_or_an_unknown_authority_fails(authority, host, trusted):
    result = sent_over_tls(authority, host, trusted=trusted)
    assert isinstance(result, NoAnswer)
    assert result.reason == "tls_failed"


def test_ss_06_verification_is_switched_off_nowhere():
    rooms = Path(__file__).parents[2] / "layers" / "shared"
    for path in rooms.rglob("*.py"):
        text = path.read_text()
        assert "CERT_NONE" not in text
        assert "check_hostname = False" not in text
        assert "ssl=False" not in text
        assert "verify=False" not in text
