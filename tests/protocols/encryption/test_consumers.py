"""Programs that take delivered keys: real OpenSSL, and what WireGuard and strongSwan are told."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import stat
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

from experiments.cli.main import main
from protocols.encryption.agreement import KeyFollower, KeyLeader
from protocols.encryption.client import KmeClient
from protocols.encryption.consumers.consumer import ConsumerError, write_secret
from protocols.encryption.consumers.ipsec import StrongSwan
from protocols.encryption.consumers.openssl import OpenSsl
from protocols.encryption.consumers.table import CONSUMERS, consumer_of
from protocols.encryption.consumers.wireguard import WireGuard
from protocols.encryption.identity import Identity
from protocols.encryption.records import BrokenConnection
from protocols.key_management.keys import ManagedKey
from protocols.key_management.refusals import KeyShortageError
from qnet.errors import ParameterError
from tests.protocols.encryption.pairs import url
from tests.protocols.key_management.kmes import RunningKmes
from tests.source import ROOT

KEY = ManagedKey(key_id=str(uuid.UUID(int=7)), material=bytes(range(32)))
OTHER = ManagedKey(key_id=str(uuid.UUID(int=8)), material=bytes(range(1, 33)))
PEER = base64.b64encode(bytes(range(100, 132))).decode()


@pytest.fixture(scope="module")
def kmes(tmp_path_factory):
    with RunningKmes(tmp_path_factory.mktemp("kmes")) as running:
        yield running


def tool(folder: Path, name: str, body: str) -> None:
    """A program of this name that notes its arguments and does as ``body`` says."""
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "$@" >> {folder}/{name}.calls\n{body}\n')
    path.chmod(0o755)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- OpenSSL, which is installed wherever this is tested


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")


@needs_openssl
def test_openssl_reads_the_session_file(tmp_path):
    # Oracle: openssl sess_id prints version, suite and key of the file.
    installed = OpenSsl(name="office").install(KEY, tmp_path)
    (path,) = installed.files
    assert mode(path) == 0o600
    shown = subprocess.run(
        ["openssl", "sess_id", "-in", path, "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "TLSv1.3" in shown
    assert "TLS_AES_256_GCM_SHA384" in shown
    assert f"Resumption PSK: {KEY.material.hex().upper()}" in shown
    assert not any(KEY.material.hex() in each for each in installed.commands)


def tls_between(server_file: Path, client_file: Path) -> tuple[bool, str]:
    """Whether openssl s_client and s_server agree, and what the client shows."""
    common = ["-tls1_3", "-psk_identity", "qnet-office"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-nocert", "-naccept", "1"),
            *("-rev", *common, "-psk_session", server_file),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in server.stdout:
            if line.startswith("ACCEPT"):
                break
        client = subprocess.run(
            [
                *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-ign_eof"),
                *(*common, "-psk_session", client_file),
            ],
            input="yek eht rednu dias\nCLOSE\n",
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        server.kill()
        server.communicate()
    return client.returncode == 0, client.stdout + client.stderr


@needs_openssl
def test_tls_works_with_the_same_key_and_not_with_another(tmp_path):
    # Oracle: OpenSSL itself: a client and a server with the key, without any certificate.
    one, same, other = tmp_path / "one", tmp_path / "same", tmp_path / "other"
    for folder, key in ((one, KEY), (same, KEY), (other, OTHER)):
        OpenSsl(name="office").install(key, folder)
    name = "openssl-office.pem"
    good, shown = tls_between(one / name, same / name)
    assert good
    assert "Reused, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384" in shown
    assert "said under the key" in shown
    bad, shown = tls_between(one / name, other / name)
    assert not bad
    assert "Cipher is (NONE)" in shown


# --- WireGuard and strongSwan


def test_wireguard_is_given_the_key_by_a_file_where_it_is_installed(tmp_path, monkeypatch):
    # Oracle: wg(8): "preshared-key <file>", 32 bytes in base64; the file is gone after that.
    tool(tmp_path, "wg", f'cp "$6" {tmp_path}/read; stat -c %a "$6" > {tmp_path}/mode')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    installed = WireGuard(interface="wg0", public_key=PEER).install(KEY, tmp_path / "keys")
    path = tmp_path / "keys" / "wireguard-wg0.psk"
    calls = (tmp_path / "wg.calls").read_text()
    assert calls == f"set wg0 peer {PEER} preshared-key {path}\n"
    assert base64.b64decode((tmp_path / "read").read_text()) == KEY.material
    assert (tmp_path / "mode").read_text() == "600\n"
    assert installed.done
    assert not path.exists()


def test_wireguard_that_is_not_installed_gets_file_and_command(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    installed = WireGuard(interface="wg0", public_key=PEER).install(KEY, tmp_path / "keys")
    (path,) = installed.files
    assert not installed.done
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert base64.b64decode(path.read_text()) == KEY.material
    assert installed.commands == (f"wg set wg0 peer {PEER} preshared-key {path}",)


def test_a_program_that_fails_is_said_and_leaves_no_key(tmp_path, monkeypatch):
    tool(tmp_path, "wg", "echo it failed; exit 3")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(ConsumerError, match="ended with exit code 3"):
        WireGuard(interface="wg0", public_key=PEER).install(KEY, tmp_path / "keys")
    assert not list((tmp_path / "keys").iterdir())


def test_strongswan_is_given_a_ppk(tmp_path, monkeypatch):
    # Oracle: swanctl.conf(5): secrets.ppk<suffix> with id and secret; RFC 8784: used when the
    # peers authenticate, hence --reauth.
    tool(tmp_path, "swanctl", "")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    installed = StrongSwan(name="office").install(KEY, tmp_path / "conf.d")
    path = tmp_path / "conf.d" / "qnet-office.conf"
    text = path.read_text().split()
    assert text[text.index("ppk-office") :] == [
        *("ppk-office", "{", "id", "=", "qnet-office"),
        *("secret", "=", f"0x{KEY.material.hex()}", "}", "}"),
    ]
    assert mode(path) == 0o600
    assert installed.done
    calls = (tmp_path / "swanctl.calls").read_text().splitlines()
    assert calls == ["--load-creds --noprompt", "--rekey --ike office --reauth"]
    assert [f"swanctl {each}" for each in calls] == list(installed.commands)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: WireGuard(interface="wg 0", public_key=PEER), "--interface must be letters"),
        (lambda: WireGuard(interface="wg0", public_key="peer"), "--wg-peer must be a public key"),
        (lambda: StrongSwan(name="a}b"), "--name must be letters"),
        (lambda: StrongSwan(name="-a"), "--name must be letters"),
        (lambda: StrongSwan(name="a", key_bits=128), "--key-bits must be at least 256"),
        (lambda: OpenSsl(name="../a"), "--name must be letters"),
        (lambda: consumer_of("ssh"), "consumer must be one of"),
        (lambda: write_secret(Path("/proc/nowhere/key"), ""), "--out must be a folder"),
    ],
)
def test_what_no_program_can_take_is_refused(make, words):
    with pytest.raises(ParameterError) as found:
        make()
    assert words in str(found.value)


def test_every_consumer_of_the_table_is_one():
    options = {"wireguard": {"interface": "wg0", "public_key": PEER}}
    for name in CONSUMERS:
        made = consumer_of(name, **options.get(name, {"name": "a"}))
        assert made.key_bits >= 256
        assert callable(made.install)


# --- two ends


class Shelf:
    """A consumer that keeps what it gets."""

    key_bits = 256

    def __init__(self, fails=False):
        self.keys, self.fails = [], fails

    def install(self, key, folder):
        if self.fails:
            sentence = "it does not fit"
            raise ConsumerError(sentence)
        self.keys.append(key)
        return key


def ends(kmes, tmp_path, *, slave=None, name="shelf", leader="alice"):
    shelves = Shelf(), slave or Shelf()
    clients = [KmeClient(url(kmes, sae), kmes.certs, sae) for sae in ("bob", leader)]
    bob = Identity(kmes.certs, "bob")
    follower = KeyFollower(clients[0], bob, "alice", (name, shelves[1]), tmp_path, ("127.0.0.1", 0))
    leading = KeyLeader(
        clients[1],
        Identity(kmes.certs, leader),
        "bob",
        ("shelf", shelves[0]),
        tmp_path,
        follower.address,
    )
    return leading, follower, shelves, clients


def follow(follower, said):
    thread = threading.Thread(target=lambda: follower.next_key(60.0, said.append))
    thread.start()
    return thread


def test_both_ends_install_the_same_keys(kmes, tmp_path):
    # Oracle: ETSI GS QKD 014 delivers the same key under the same identity.
    leader, follower, (near, far), clients = ends(kmes, tmp_path)
    for _ in range(3):
        thread = follow(follower, [])
        leader.next_key()
        thread.join()
    assert near.keys == far.keys
    assert len({key.key_id for key in near.keys}) == 3
    assert follower.next_key(0.01, print) is None
    for each in (follower, *clients):
        each.close()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"slave": Shelf(fails=True)}, "it does not fit"),
        ({"name": "other"}, "did not prove"),
        ({"leader": "carol"}, "is not alice"),
    ],
)
def test_what_one_end_does_not_take_the_other_does_not_either(kmes, tmp_path, how, words):
    # Oracle: with different keys at both ends nothing would work until the next one.
    leader, follower, (near, far), clients = ends(kmes, tmp_path, **how)
    said = []
    thread = follow(follower, said)
    with pytest.raises(BrokenConnection):
        leader.next_key()
    thread.join()
    assert near.keys == far.keys == []
    assert words in said[0]
    for each in (follower, *clients):
        each.close()


@pytest.mark.parametrize("body", ["[]", "{", "1"])
def test_a_signed_message_that_is_none_takes_no_key(kmes, tmp_path, body):
    # Oracle: the follower goes on and says why, whatever who has the certificate signed.
    _, follower, (_, far), clients = ends(kmes, tmp_path)
    said = []
    thread = follow(follower, said)
    signed = Identity(kmes.certs, "alice").signed(f"qnet consume|shelf|{body}".encode())
    message = json.dumps({"body": body, "signed": signed}).encode()
    with socket.create_connection(follower.address, timeout=30) as connection:
        connection.sendall(len(message).to_bytes(4, "big") + message)
        thread.join()
    assert said == ["no key was taken: the other end does not speak as qnet consume does"]
    assert far.keys == []
    for each in (follower, *clients):
        each.close()


def test_nobody_there_and_no_key_are_said(kmes, tmp_path):
    leader, follower, _, clients = ends(kmes, tmp_path)
    follower.close()
    with pytest.raises(BrokenConnection, match="bob cannot be told of a key"):
        leader.next_key()
    for each in clients:
        each.close()
    with RunningKmes(tmp_path / "dry", left_bits=0) as dry:
        leader, follower, (near, _), clients = ends(dry, tmp_path)
        said = []
        thread = follow(follower, said)
        with pytest.raises(KeyShortageError, match="503"):
            leader.next_key()
        thread.join()
        assert not near.keys
        for each in (follower, *clients):
            each.close()


def test_the_command_gives_two_ends_keys_for_openssl(kmes, tmp_path):
    # Oracle: the files of both ends hold the same key; OpenSSL is tried above.
    def command(sae, peer, *more):
        return [
            *("openssl", "--kme", url(kmes, sae), "--certs", str(kmes.certs)),
            *("--sae", sae, "--peer", peer, "--out", str(tmp_path / sae), "--count", "2", *more),
        ]

    far = subprocess.Popen(
        [
            *(sys.executable, "-m", "experiments.cli", "consume"),
            *command("bob", "alice", "--listen", "127.0.0.1:0"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        there = json.loads(far.stdout.readline())["listen"]
        code = main(["consume", *command("alice", "bob", "--to", there, "--every-s", "0.01")])
        out, _ = far.communicate(timeout=60)
    finally:
        far.kill()
        far.communicate()
    assert code == far.returncode == 0
    assert len([json.loads(line) for line in out.splitlines()]) == 2
    files = [tmp_path / sae / "openssl-qnet.pem" for sae in ("alice", "bob")]
    keys = {
        subprocess.run(
            ["openssl", "sess_id", "-in", path, "-noout", "-text"],
            capture_output=True,
            text=True,
            check=True,
        )
        .stdout.partition("Resumption PSK: ")[2]
        .split()[0]
        for path in files
    }
    assert len(keys) == 1
    assert not any(key.lower() in out.lower() for key in keys)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["wireguard", "--interface", "wg0", "--wg-peer", "x"], "--wg-peer must be a public key"),
        (["ipsec", "--name", "a", "--key-bits", "128"], "argument --key-bits"),
        (["ssh"], "invalid choice"),
        (["openssl", "--name", "a b"], "--name must be letters"),
    ],
)
def test_wrong_arguments_are_refused(kmes, tmp_path, capsys, words, said):
    given = ["--kme", url(kmes, "alice"), "--certs", str(kmes.certs), "--sae", "alice"]
    given += ["--peer", "bob", "--out", str(tmp_path), "--to", "127.0.0.1:1"]
    assert main(["consume", *words, *given]) == 2
    assert said in capsys.readouterr().err
