"""The wire client believes only a certificate for the very name that it dials."""

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from touchline.platform.dynamo.wire import may_retry
from touchline.platform.patience import Patience
from touchline.platform.wire.client import DYNAMODB, Place, Unreachable, WireClient
from touchline.platform.wire.signing import Credentials

PATIENT = Patience(attempts=1, connect_seconds=20, read_seconds=20, total_seconds=60)
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"


def certificate(name: str, folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for a name, valid in every year that tests may run in."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2200, 1, 1, tzinfo=datetime.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


@contextlib.contextmanager
def serving(cert_file: Path, key_file: Path) -> Iterator[int]:
    """A TLS server that answers `{}` to one request; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                plain, _ = listener.accept()
                with plain, context.wrap_socket(plain, server_side=True) as secure:
                    secure.recv(65_536)
                    secure.sendall(ANSWER)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(timeout=60)


def call(port: int, trusted: Path) -> object:
    client = WireClient(
        DYNAMODB,
        Place("localhost", port, tls=True),
        "eu-west-1",
        credentials=lambda: Credentials("AKID", "secret"),
        patience=PATIENT,
        clock=lambda: 0,
        sleep=lambda _: None,
        retryable=may_retry,
        tls=lambda: ssl.create_default_context(cafile=str(trusted)),
    )
    try:
        return client.call("GetItem", {})
    finally:
        client.close()


def test_a_trusted_certificate_for_the_name_is_believed(tmp_path: Path) -> None:
    cert_file, key_file = certificate("localhost", tmp_path)
    with serving(cert_file, key_file) as port:
        assert call(port, cert_file) == {}


def test_a_certificate_for_another_name_is_not(tmp_path: Path) -> None:
    cert_file, key_file = certificate("other.example", tmp_path)
    with serving(cert_file, key_file) as port, pytest.raises(Unreachable, match="SSL"):
        call(port, cert_file)


def test_a_certificate_that_nobody_vouches_for_is_not(tmp_path: Path) -> None:
    cert_file, key_file = certificate("localhost", tmp_path)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    trusted, _ = certificate("localhost", folder)
    with serving(cert_file, key_file) as port, pytest.raises(Unreachable, match="SSL"):
        call(port, trusted)
