"""Client of a KME against KMEs that run, and against servers that answer oddly."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
import uuid

import pytest

from protocols.encryption.client import KmeClient
from protocols.encryption.identity import Identity
from protocols.encryption.records import BrokenConnection
from protocols.key_management.certificates import server_context
from protocols.key_management.refusals import (
    KeyRefusedError,
    KeyShortageError,
    KeyUnknownError,
    NotEntitledError,
)
from qnet.errors import ParameterError, QnetError
from tests.protocols.encryption.pairs import url
from tests.protocols.key_management.kmes import RunningKmes


@pytest.fixture(scope="module")
def kmes(tmp_path_factory):
    with RunningKmes(tmp_path_factory.mktemp("kmes"), left_bits=100_000) as running:
        yield running


@pytest.fixture
def client(kmes):
    made = []

    def make(sae, where=None):
        made.append(KmeClient(url(kmes, where or sae), kmes.certs, sae))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_both_ends_get_the_same_keys_once(client):
    # Oracle: ETSI GS QKD 014: the slave collects what the master was given, and the KME forgets it.
    alice, bob = client("alice"), client("bob")
    keys = alice.enc_keys("bob", 3, 512)
    assert [len(key.material) for key in keys] == [64] * 3
    names = [key.key_id for key in reversed(keys)]
    assert bob.dec_keys("alice", names) == list(reversed(keys))
    with pytest.raises(KeyUnknownError, match="refused dec_keys with 400"):
        bob.dec_keys("alice", names[:1])


def test_status_says_what_is_served(client):
    status = client("alice").status("bob")
    assert (status.key_size, status.min_key_size, status.max_key_size) == (256, 64, 4096)
    assert status.max_key_per_request == 128


def test_refusals_are_sentences_of_their_kind(client, kmes):
    # Oracle: 401 for whom the key is not, 503 for too little key, 400 for the rest.
    alice, dave = client("alice"), client("dave")
    (key,) = alice.enc_keys("bob")
    with pytest.raises(NotEntitledError, match="does not entitle dave to dec_keys"):
        dave.dec_keys("alice", [key.key_id])
    with pytest.raises(NotEntitledError, match="does not entitle bob to enc_keys"):
        client("bob", "alice").enc_keys("alice")
    with pytest.raises(KeyShortageError, match="refused enc_keys with 503"):
        alice.enc_keys("bob", 100, 4096)
    with pytest.raises(KeyRefusedError, match="refused enc_keys with 400") as found:
        alice.enc_keys("bob", 1, 257)
    assert not isinstance(found.value, KeyShortageError)
    for each in (alice, key, found.value):
        shown = f"{each!r} {each}"
        assert key.material.hex() not in shown
        assert base64.b64encode(key.material).decode() not in shown


def test_connections_are_kept_alive(client, kmes):
    alice = client("alice")
    for _ in range(5):
        alice.status("bob")
    assert kmes.servers["A"].connections.of_client["alice"] == 1


def test_a_client_without_certificate_of_the_authority_gets_no_connection(tmp_path, kmes):
    with RunningKmes(tmp_path) as others:
        stranger = KmeClient(url(kmes, "alice"), others.certs, "alice")
        with pytest.raises(KeyShortageError, match="cannot be reached: TLS failed"):
            stranger.status("bob")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://127.0.0.1:1", "be a URL of https"),
        ("https://", "be a URL of https"),
        ("https://host:99999", "be a URL of https"),
        ("https://me:secret@host", "hold a host and a path alone"),
        ("https://host/?key=1", "hold a host and a path alone"),
    ],
)
def test_what_is_no_url_of_a_kme_is_refused(kmes, text, words):
    with pytest.raises(ParameterError, match="--kme must") as found:
        KmeClient(text, kmes.certs, "alice")
    assert words in str(found.value)
    assert "secret" not in str(found.value)


def test_certificates_that_are_not_there_are_named(tmp_path, kmes):
    with pytest.raises(ParameterError, match="qnet kme certificates"):
        KmeClient("https://localhost:1", tmp_path, "alice")
    with pytest.raises(ParameterError, match=r"sae-zoe\.crt"):
        KmeClient("https://localhost:1", kmes.certs, "zoe")


class OddKme:
    """A TLS server that gives each request the next of some answers; None closes."""

    def __init__(self, certs, answers):
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._tls = server_context(certs, "kme-A")
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while self._answers:
            try:
                came, _ = self._listener.accept()
            except OSError:
                return
            with came, self._tls.wrap_socket(came, server_side=True) as wire:
                while self._answers and wire.recv(65536):
                    answer = self._answers.pop(0)
                    if answer is None:
                        break
                    code, body = answer
                    head = f"HTTP/1.1 {code} X\r\nContent-Length: {len(body)}\r\n\r\n"
                    wire.sendall(head.encode() + body)

    def close(self):
        self._listener.close()
        self._thread.join(10)


KEY = str(uuid.UUID(int=5))


def container(*keys):
    return json.dumps({"keys": [{"key_ID": name, "key": key} for name, key in keys]}).encode()


@pytest.mark.parametrize(
    ("answers", "kind", "words"),
    [
        ([(200, b"no json")], KeyRefusedError, "in another form"),
        ([(200, b"[]")], KeyRefusedError, "in another form"),
        ([(200, b'{"keys": 5}')], KeyRefusedError, "in another form"),
        ([(200, container((KEY, "not base64!")))], KeyRefusedError, "in another form"),
        ([(200, container())], KeyRefusedError, "other keys than were asked for"),
        ([(200, container((KEY, "QUJD")))], KeyRefusedError, "other keys than were asked for"),
        ([(500, b"")], KeyRefusedError, "refused enc_keys with 500"),
        ([(503, b'{"message": "dry"}')], KeyShortageError, "with 503: dry"),
        ([(503, b'{"message": "\\u001b[2J"}')], KeyShortageError, "with 503"),
        ([None], KeyShortageError, "broke the connection off"),
    ],
)
def test_odd_answers_are_refused_with_a_sentence(kmes, answers, kind, words):
    odd = OddKme(kmes.certs, answers)
    client = KmeClient(odd.url, kmes.certs, "alice", timeout_s=10.0)
    with pytest.raises(kind, match=words) as found:
        client.enc_keys("bob", 1, 256)
    assert isinstance(found.value, QnetError)
    assert str(found.value).isprintable()
    client.close()
    odd.close()


def test_a_kept_connection_that_was_closed_is_made_anew(kmes):
    # Oracle: the second request finds its connection closed, and is answered on another.
    good = (200, container((KEY, base64.b64encode(bytes(32)).decode())))
    odd = OddKme(kmes.certs, [good, None, good])
    client = KmeClient(odd.url, kmes.certs, "alice", timeout_s=10.0)
    assert len(client.enc_keys("bob", 1, 256)) == 1
    assert len(client.enc_keys("bob", 1, 256)) == 1
    client.close()
    odd.close()


def test_a_kme_that_is_not_there_or_silent_is_said(kmes):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        client = KmeClient(address, kmes.certs, "alice", timeout_s=0.2)
        with pytest.raises(KeyShortageError, match=r"no answer within 0\.2 s"):
            client.status("bob")
    with pytest.raises(KeyShortageError, match="cannot be reached"):
        client.status("bob")


def test_who_signed_is_checked(kmes, tmp_path):
    # Oracle: the authority vouches for alice's key and name, and for nobody else's.
    alice, bob = Identity(kmes.certs, "alice"), Identity(kmes.certs, "bob")
    signed = alice.signed(b"message")
    bob.check_signed(signed, b"message", "alice")
    with RunningKmes(tmp_path) as others:
        false = Identity(others.certs, "alice").signed(b"message")
    for wrong, message, name in (
        (signed, b"massage", "alice"),
        (signed, b"message", "bob"),
        (false, b"message", "alice"),
        ({**signed, "signature": "00"}, b"message", "alice"),
        ({**signed, "certificate": bob.signed(b"")["certificate"]}, b"message", "alice"),
        (None, b"message", "alice"),
        ({}, b"message", "alice"),
    ):
        with pytest.raises(BrokenConnection):
            bob.check_signed(wrong, message, name)
    assert alice.tls().minimum_version == ssl.TLSVersion.TLSv1_2
