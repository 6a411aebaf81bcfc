"""Certificates of a key network: OpenSSL takes them, what cannot be used is named."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from protocols.key_management.certificates import (
    CertificateSubject,
    client_context,
    common_name,
    make_certificates,
    server_context,
    subjects_of,
)
from protocols.key_networks import KeyLink, KeyNetworkScenario, SaeTable
from protocols.networks import TopologyTable
from qnet.errors import ParameterError

SCENARIO = KeyNetworkScenario(
    topology=TopologyTable(edges=[["A", "B"], ["B", "C"]]),
    link=KeyLink(key_rate_hz=1000.0),
    sae=(SaeTable(name="alice", node="A"), SaeTable(name="bob", node="C")),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "certs"
    make_certificates(folder, subjects_of(SCENARIO))
    return folder


@pytest.fixture
def folder(made, tmp_path):
    shutil.copytree(made, tmp_path / "certs")
    return tmp_path / "certs"


def check(folder):
    return make_certificates(folder, subjects_of(SCENARIO))


def memory_handshake(server, client, host="127.0.0.1"):
    """Both ends after a TLS handshake in memory; the client says who it meant to reach."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        server.wrap_bio(to_server, to_client, server_side=True),
        client.wrap_bio(to_client, to_server, server_hostname=host),
    ]
    waiting = list(ends)
    for _ in range(20):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
    assert waiting == []
    return ends


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_takes_every_certificate(made):
    # Oracle: openssl verify with the strict rules of RFC 5280.
    files = sorted(str(path) for path in made.glob("*.crt"))
    assert len(files) == 9
    command = ["openssl", "verify", "-x509_strict", "-CAfile", str(made / "ca.crt"), *files]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert found.stdout.count(": OK") == len(files), found.stderr


def test_keys_are_their_owners_alone(made):
    # Oracle: the file system.
    assert {path.stat().st_mode & 0o777 for path in made.glob("*.key")} == {0o600}
    assert made.stat().st_mode & 0o777 == 0o700


def test_the_caller_is_who_its_certificate_says(made):
    # Oracle: Python's TLS, which checks the chain and the address.
    server, _ = memory_handshake(server_context(made, "kme-A"), client_context(made, "sae-alice"))
    assert common_name(server.getpeercert()) == "alice"
    assert server.version() in ("TLSv1.2", "TLSv1.3")


def test_an_old_protocol_gets_no_connection(made):
    client = client_context(made, "sae-alice")
    server = server_context(made, "kme-A")
    with pytest.warns(DeprecationWarning, match=r"TLSv1"):
        client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        memory_handshake(server, client)


def test_another_authority_gets_no_connection(made, tmp_path):
    make_certificates(tmp_path / "other", subjects_of(SCENARIO))
    shutil.copy(made / "ca.crt", tmp_path / "other" / "ca.crt")  # it trusts the server
    client = client_context(tmp_path / "other", "sae-alice")
    with pytest.raises(ssl.SSLError):
        memory_handshake(server_context(made, "kme-A"), client)


def test_a_certificate_of_an_sae_serves_nobody(made):
    # Oracle: extended key usage, RFC 5280 section 4.2.1.12.
    with pytest.raises(ssl.SSLCertVerificationError):
        memory_handshake(server_context(made, "sae-bob"), client_context(made, "sae-alice"))


def test_what_is_there_is_kept_and_what_is_missing_is_made(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "sae-bob.crt").unlink()
    (folder / "sae-bob.key").unlink()
    (folder / "kme-B.crt").unlink()  # as after a kill between the two files
    assert check(folder) == ["kme-B", "sae-bob"]
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"kme-B.crt", "sae-bob.crt", "sae-bob.key"}


def test_an_authority_of_ones_own_makes_them_all(folder):
    (folder / "ca.key").unlink()
    assert check(folder) == []
    (folder / "sae-bob.crt").unlink()
    with pytest.raises(ParameterError, match=r"sae-bob.crt must be there .*without ca.key"):
        check(folder)


def expire(folder):
    """A certificate of this authority that ended yesterday."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

    old = x509.load_pem_x509_certificate((folder / "sae-bob.crt").read_bytes())
    key = load_pem_private_key((folder / "ca.key").read_bytes(), None)
    now = datetime.now(UTC)
    new = x509.CertificateBuilder(old.issuer, old.subject, old.public_key(), old.serial_number)
    new = new.not_valid_before(now - timedelta(days=9)).not_valid_after(now - timedelta(days=1))
    made = new.sign(key, hashes.SHA256())
    (folder / "sae-bob.crt").write_bytes(made.public_bytes(Encoding.PEM))


def foreign(folder):
    """A certificate of another authority, with its key."""
    bob = CertificateSubject(file="sae-bob", name="bob")
    make_certificates(folder / "other", [bob])
    for end in ("crt", "key"):
        shutil.copy(folder / "other" / f"sae-bob.{end}", folder / f"sae-bob.{end}")


def swap(folder, end):
    shutil.copy(folder / f"sae-alice.{end}", folder / f"sae-bob.{end}")


MALFORMED = {
    "expired": (expire, "sae-bob.crt must not have expired"),
    "foreign": (foreign, "sae-bob.crt must be signed by the authority of ca.crt"),
    "renamed": (lambda at: swap(at, "crt"), "sae-bob.crt must have the common name 'bob'"),
    "key of another": (lambda at: swap(at, "key"), "sae-bob.key must be the key of sae-bob.crt"),
    "open key": (
        lambda at: (at / "sae-bob.key").chmod(0o644),
        "sae-bob.key must be readable by its owner alone",
    ),
    "no key": (lambda at: (at / "sae-bob.key").unlink(), "sae-bob.key must stand beside"),
    "no certificate": (
        lambda at: (at / "sae-bob.crt").write_text("bob"),
        "sae-bob.crt must be a certificate in PEM",
    ),
    "no authority": (lambda at: (at / "ca.crt").write_text(""), "ca.crt must be a certificate"),
    "no private key": (
        lambda at: (at / "sae-bob.key").write_text("secret of bob"),
        "sae-bob.key must be a private key",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_cannot_be_used_is_named(folder, name):
    # Oracle: the sentence that the case lists; no content of a file is in it.
    spoil, sentence = MALFORMED[name]
    spoil(folder)
    with pytest.raises(ParameterError) as caught:
        check(folder)
    assert str(caught.value).startswith(sentence)
    assert "secret of" not in str(caught.value)


def test_a_context_names_the_file_that_is_missing(folder):
    (folder / "sae-bob.key").unlink()
    with pytest.raises(ParameterError, match=r"sae-bob.key must be there"):
        client_context(folder, "sae-bob")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        *(
            (name, "nodes must have names of 1 to 59 characters")
            for name in ("A/B", "A--B", "A-", "-", "..", "A\u0085", "A ", "x" * 60)
        ),
        ("\U0001f600" * 16, "nodes must fit in 64 bytes of UTF-8"),
        ("c", "nodes must differ from 'kme-c' in more than case"),
        ("e\u0301", "nodes must differ from 'kme-e\u0301' in more than case"),
    ],
)
def test_names_that_files_cannot_carry_are_refused(name, rule):
    # Oracle: of A- and B, A and -B, the edges A---B would share files; the rest is file systems'.
    edges = [[name, "C"], ["C", "\u00e9"]]
    odd = KeyNetworkScenario(topology=TopologyTable(edges=edges), link=KeyLink(key_rate_hz=1.0))
    with pytest.raises(ParameterError, match=rule):
        subjects_of(odd)
