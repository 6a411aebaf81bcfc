"""Published clients at KMEs that really run: curl, etsi-qkd-014-client, qkdsec."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import pytest
from etsi_qkd_014_client import QKD014Client

from tests.processes import descendants
from tests.protocols.key_management.kmes import RunningKmes
from tests.protocols.key_management.odd_certificates import ODD_CERTIFICATES, OF_NOBODY
from tests.protocols.key_management.started_kmes import StartedKmes

#: One worker runs them all, where workers can be told so: a network costs more than its tests.
pytestmark = pytest.mark.xdist_group("published clients")

CURL = shutil.which("curl")
OPENSSL = shutil.which("openssl")


@pytest.fixture(scope="module", params=[RunningKmes, StartedKmes], ids=["program", "network"])
def kmes(request, tmp_path_factory):
    """KMEs in this program, and those that `qnet kme up` starts, over links that make key."""
    with request.param(tmp_path_factory.mktemp("kmes")) as running:
        yield running


def most_saes(kmes):
    """Most further SAEs of a request: [kme] max_saes of the network, which the others leave out."""
    return 2 if isinstance(kmes, StartedKmes) else 0


def command(distribution: str, name: str) -> str:
    """A command that a distribution brings, where it was installed."""
    found = [file for file in metadata.files(distribution) or () if file.name == name]
    assert found, f"{distribution} brings no command {name}"
    return str(found[0].locate())


def played(*arguments: str, sent: str = "") -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONWARNINGS": "error", "NO_PROXY": "127.0.0.1"}
    return subprocess.run(
        arguments,
        input=sent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )


def curl(kmes, who, url, *more):
    crt, key, ca = kmes.files(who)
    flags = ("--silent", "--show-error", "--noproxy", "*", "--write-out", "\n%{http_code}")
    done = played(CURL, *flags, "--cert", crt, "--key", key, "--cacert", ca, *more, url)
    body, _, code = done.stdout.rpartition("\n")
    return int(code), body, done


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
def test_curl_fetches_keys(kmes):
    """Oracle: the two ends against each other, and the command as the documentation has it."""
    code, body, _ = curl(kmes, "alice", f"{kmes.url('A')}/api/v1/keys/bob/enc_keys?number=2")
    assert code == 200
    keys = json.loads(body)["keys"]
    listed = json.dumps({"key_IDs": [{"key_ID": each["key_ID"]} for each in keys]})
    json_type = ("--header", "Content-Type: application/json", "--data", listed)
    url = f"{kmes.url('C')}/api/v1/keys/alice/dec_keys"
    code, body, _ = curl(kmes, "bob", url, *json_type)
    assert (code, json.loads(body)["keys"]) == (200, keys)
    assert curl(kmes, "mallory", url, *json_type)[:2] == (401, "")


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
def test_curl_sends_a_long_body_after_100_continue(kmes):
    """Oracle: RFC 9110, section 10.1.1: a client may wait for 100 before it sends its body."""
    body = json.dumps({"extension_optional": [{"filler": "x" * 5000}]})
    more = ("--header", "Content-Type: application/json", "--header", "Expect: 100-continue")
    url = f"{kmes.url('A')}/api/v1/keys/bob/enc_keys"
    code, answer, _ = curl(kmes, "alice", url, *more, "--data", body)
    assert (code, len(json.loads(answer)["keys"])) == (200, 1)
    body = json.dumps({"extension_optional": [{"filler": "x" * 200_000}]})
    (kmes.folder / "long.json").write_text(body)
    code, answer, _ = curl(kmes, "alice", url, *more, "--data", f"@{kmes.folder / 'long.json'}")
    assert (code, "shall be at most" in answer) == (400, True)


def test_sixteen_clients_at_once_get_a_key_once(kmes):
    """Oracle: at most once, always."""
    (key,) = kmes.enc("alice", "bob").json["keys"]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: kmes.dec("bob", "alice", key["key_ID"]), range(16)))
    assert sorted(answer.status for answer in answers) == [200] + 15 * [400]
    assert [answer.json["keys"] for answer in answers if answer.status == 200] == [[key]]


def test_neighbours_at_one_kme_share_keys(kmes):
    """Oracle: the two SAEs' keys against each other; both ask the same KME."""
    keys = kmes.enc("alice", "carol", number=2).json["keys"]
    assert kmes.dec("bob", "alice", keys[0]["key_ID"]).status == 400  # his KME never had it
    assert kmes.dec("alice", "carol", keys[0]["key_ID"]).status == 401
    assert kmes.dec("carol", "alice", *(key["key_ID"] for key in keys)).json["keys"] == keys


def test_several_slaves_get_a_key_where_that_is_allowed(kmes):
    """Oracle: ETSI GS QKD 014, section 6.2: refused where max_SAE_ID_count is 0, served if not."""
    answer = kmes.enc("alice", "bob", number=2, additional_slave_SAE_IDs=["erin", "dave"])
    if not most_saes(kmes):
        assert (answer.status, "no key multicast" in answer.message) == (400, True)
        return
    keys = answer.json["keys"]
    for slave in ("erin", "bob", "dave"):
        assert kmes.dec(slave, "alice", *(key["key_ID"] for key in keys)).json["keys"] == keys
        assert kmes.dec(slave, "alice", keys[0]["key_ID"]).status == 400


def client_of(kmes, who, node):
    return QKD014Client(f"127.0.0.1:{kmes.ports[node]}", *kmes.files(who))


def test_the_python_client_fetches_keys(kmes):
    """Oracle: etsi-qkd-014-client reads the standard's formats and raises where they are not."""
    alice, bob = client_of(kmes, "alice", "A"), client_of(kmes, "bob", "C")
    code, status = alice.get_status("bob")
    assert (code, status.source_kme_id, status.max_sae_id_count) == (
        200,
        "kme-A",
        most_saes(kmes),
    )
    code, out = alice.get_key("bob", number=2, size=512)
    assert code == 200
    code, collected = bob.get_key_with_key_IDs("alice", [each.key_id for each in out.keys])
    assert code == 200
    assert [key.key for key in collected.keys] == [key.key for key in out.keys]
    code, error = bob.get_key_with_key_IDs("alice", [out.keys[0].key_id])
    assert (code, "is not here" in error.message) == (400, True)
    code, error = alice.get_key("bob", size=257)
    assert (code, error.message) == (400, "size shall be a multiple of 8")
    code, error = alice.get_key("bob", extension_mandatory=[{"route": "short"}])
    assert code == 400
    assert error.message == "not all extension_mandatory parameters are supported"


def test_the_command_qkd014_client_fetches_keys(kmes):
    """Oracle: what the command prints."""
    name = command("etsi-qkd-014-client", "qkd014-client")

    def asked(who, node, *arguments):
        crt, key, ca = kmes.files(who)
        flags = ("-H", f"127.0.0.1:{kmes.ports[node]}", "-c", crt, "-k", key, "-r", ca)
        done = played(name, *flags, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "source_KME_ID : kme-A" in asked("alice", "A", "get_status", "bob")
    printed = asked("alice", "A", "get_key", "bob")
    (key_id,) = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", printed)
    (key,) = re.findall(r"[A-Za-z0-9+/]{43}=", printed)
    assert key in asked("bob", "C", "get_key_with_id", key_id, "alice")


def test_qkdsec_doctor_disagrees_twice(kmes):
    """Oracle: ten probes; two of them are not the standard's: it asks dec_keys as the master,
    which gets 401, and expects 404 for an unknown key, for which the standard has 400."""
    crt, key, ca = kmes.files("alice")
    done = played(
        *(command("qkdsec", "qkdsec"), "doctor", kmes.url("A"), "--slave-sae-id", "bob"),
        *("--cert", crt, "--key", key, "--ca-cert", ca, "--format", "json"),
    )
    report = json.loads(done.stdout)
    assert report["counts"] == {"pass": 8, "warn": 1, "fail": 1, "skip": 0}
    odd = {each["name"]: each for each in report["results"] if each["status"] != "pass"}
    assert set(odd) == {"dec_keys_roundtrip", "error_contract_404"}
    assert "HTTP 401" in odd["dec_keys_roundtrip"]["summary"]
    assert "HTTP 400" in odd["error_contract_404"]["summary"]


@pytest.mark.parametrize("made", ODD_CERTIFICATES)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_who_has_no_good_certificate_gets_no_connection(kmes, tmp_path, made, version):
    """Oracle: the KME's end of the handshake fails: not one byte of HTTP comes back."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(kmes.certs / "ca.crt")
    context.minimum_version = context.maximum_version = version
    if files := made(kmes.certs, tmp_path):
        context.load_cert_chain(*files)
    assert answer_to(context, kmes) == b""


@pytest.mark.parametrize("made", OF_NOBODY)
def test_who_has_nobodys_certificate_gets_401(kmes, tmp_path, made):
    """Oracle: names are compared whole; 401 has no body."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(kmes.certs / "ca.crt")
    context.load_cert_chain(*made(kmes.certs, tmp_path))
    answer = answer_to(context, kmes)
    assert answer.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert b"Content-Length: 0\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_who_has_a_good_certificate_gets_one(kmes, version):
    """Oracle: the same client with the certificate that it should have."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(kmes.certs / "ca.crt")
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(*kmes.files("alice")[:2])
    assert answer_to(context, kmes).startswith(b"HTTP/1.1 200")


def answer_to(context, kmes):
    """What a client with this TLS gets for a request; nothing if there is no connection."""
    request = b"GET /api/v1/keys/bob/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with (
        suppress(ssl.SSLError, ConnectionError),
        socket.create_connection(("127.0.0.1", kmes.ports["A"]), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as wire,
    ):
        wire.sendall(request)
        return wire.recv(65536)
    return b""


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1", "-tls1_2", "-tls1_3"])
@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_tls_is_1_2_or_newer(kmes, version):
    """Oracle: section 4.1; `openssl s_client` with each version of TLS."""
    crt, key, ca = kmes.files("alice")
    where = f"127.0.0.1:{kmes.ports['A']}"
    files = ("-cert", crt, "-key", key, "-CAfile", ca)
    done = played(
        *(OPENSSL, "s_client", "-connect", where, "-cipher", "ALL:@SECLEVEL=0"),
        *(version, *files, "-ign_eof"),
        sent="GET /api/v1/keys/bob/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    assert ("HTTP/1.1 200 OK" in done.stdout) == (version in ("-tls1_2", "-tls1_3"))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_not_resumed(kmes, version):
    """Oracle: a certificate is looked at in each connection: it may have expired since."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(kmes.certs / "ca.crt")
    context.load_cert_chain(*kmes.files("alice")[:2])
    context.minimum_version = context.maximum_version = version
    session = None
    for _ in range(2):
        with (
            socket.create_connection(("127.0.0.1", kmes.ports["A"]), timeout=60) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as wire,
        ):
            wire.sendall(b"GET /api/v1/keys/bob/status HTTP/1.1\r\nHost: a\r\n\r\n")
            assert wire.recv(65536).startswith(b"HTTP/1.1 200")
            assert not wire.session_reused
            session = wire.session if wire.session and wire.session.has_ticket else None


def test_delivered_keys_are_nowhere_afterwards(kmes):
    """Oracle: every file of the network and every argument of its processes, searched for keys in
    each writing; what a store deletes is erased from its log soon after."""
    keys = kmes.enc("alice", "bob", number=20).json["keys"]
    assert kmes.dec("bob", "alice", *(each["key_ID"] for each in keys)).status == 200
    raw = [base64.b64decode(each["key"]) for each in keys]
    texts = [text for key in raw for text in (key.hex(), base64.b64encode(key).decode())]
    writings = [*raw, *(text.encode() for text in texts)]
    if isinstance(kmes, StartedKmes):
        pids = [kmes.process.pid, *descendants(kmes.process.pid)]
        assert len(pids) > 3
        arguments = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids)
        assert not any(each in arguments for each in writings)
        assert list(kmes.folder.rglob("*.jsonl"))
    end = time.monotonic() + 60.0
    while found := [
        path
        for path in kmes.folder.rglob("*")
        if path.is_file() and any(each in path.read_bytes() for each in writings)
    ]:
        assert time.monotonic() < end, found
        assert {path.suffix for path in found} <= {".sqlite", ".sqlite-wal"}, found
        time.sleep(0.1)
