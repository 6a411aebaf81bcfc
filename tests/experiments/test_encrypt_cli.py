"""``qnet encrypt`` as two processes: what they print, how they end, and what they refuse."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from experiments.cli.main import main
from tests.protocols.encryption.pairs import Service, echo, exchange, url
from tests.protocols.key_management.kmes import RunningKmes
from tests.source import ROOT


@pytest.fixture(scope="module")
def kmes(tmp_path_factory):
    with RunningKmes(tmp_path_factory.mktemp("kmes")) as running:
        yield running


@contextlib.contextmanager
def started(kmes, sae, peer, side, to, *more):
    """A process and where it listens."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "experiments.cli", "encrypt", "--sae", sae, "--peer", peer),
            *("--kme", url(kmes, sae), "--certs", str(kmes.certs), "--side", side),
            *("--listen", "127.0.0.1:0", "--to", f"{to[0]}:{to[1]}", *more),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        host, port = ready["listen"].split(":")
        yield process, (host, int(port))
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_pair_of_processes_carries_data_and_ends_on_a_signal(kmes, tmp_path, number):
    # Oracle: the same bytes come back; the counters of both ends count them; exit code 0.
    data, service = os.urandom(3_000_000), Service(echo)
    state = tmp_path / "state.json"
    rekey = ("--rekey-s", "0.1", "--rekey-bytes", "500000", "--rekey-messages", "1000")
    with (
        started(kmes, "bob", "alice", "sealed", service.address, *rekey) as (far, there),
        started(kmes, "alice", "bob", "plain", there, *rekey, "--state", str(state)) as (
            near,
            here,
        ),
    ):
        assert exchange(here, data) == data
        with socket.create_connection(here, timeout=60) as held:
            held.sendall(b"held")
            assert held.recv(4) == b"held"
            for process in (near, far):
                process.send_signal(number)
            for process, sent in ((near, len(data) + 4), (far, len(data) + 4)):
                out, err = process.communicate(timeout=60)
                assert process.returncode == 0
                said = json.loads(out)
                assert said["ended"] is True
                assert said["sent_bytes"] == said["received_bytes"] == sent
                assert said["keys_used"] >= 7
                assert "the gateway was stopped" in err
                assert "Traceback" not in err
    service.close()
    assert json.loads(state.read_text())["received_bytes"] == len(data) + 4


GOOD = {
    "--kme": "https://127.0.0.1:1",
    "--certs": "CERTS",
    "--sae": "alice",
    "--peer": "bob",
    "--side": "plain",
    "--listen": "127.0.0.1:0",
    "--to": "127.0.0.1:9",
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--kme": "http://127.0.0.1:1"}, "--kme must be a URL of https"),
        ({"--certs": "/nowhere"}, "ca.crt must be there"),
        ({"--sae": "zoe"}, "sae-zoe.crt must be there"),
        ({"--peer": "alice"}, "--peer must be another SAE"),
        ({"--side": "both"}, "argument --side: invalid choice"),
        ({"--listen": "8443"}, "--listen must be a host, a colon and a port"),
        ({"--listen": "192.0.2.1:1"}, "--listen must be a free address of this machine"),
        ({"--to": "host:0x10"}, "--to must be a host, a colon and a port"),
        ({"--mode": "aes-512"}, "argument --mode: invalid choice"),
        ({"--rekey-s": "0"}, "argument --rekey-s: must be a number of seconds above 0"),
        ({"--rekey-messages": "4294967297"}, "argument --rekey-messages"),
        ({"--rekey-bytes": "-5"}, "argument --rekey-bytes"),
        ({"--on-shortage": "hybrid-only"}, "--on-shortage must be block without --hybrid"),
        ({"--timeout-s": "nan"}, "argument --timeout-s"),
        ({"--max-connections": "0"}, "argument --max-connections"),
    ],
)
def test_wrong_arguments_are_refused_on_one_line(kmes, capsys, change, words):
    given = {**GOOD, "--certs": str(kmes.certs), **change}
    assert main(["encrypt", *(word for pair in given.items() for word in pair)]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
