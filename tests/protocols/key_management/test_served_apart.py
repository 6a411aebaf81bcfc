"""Nodes with a folder each, as on machines of their own, and all that passes between them.

Oracles: the folders, and a search of every packet on the loopback interface for the keys.
"""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from protocols.key_management.nodes.layout import RunFolder
from protocols.key_management.nodes.supervisor import prepare
from protocols.key_networks import KeyNetworkScenario
from qnet.schema import load
from tests.processes import descendants
from tests.protocols.key_management.kmes import KmeClients
from tests.protocols.key_management.started_kmes import LIMIT_S, QNET, free_ports

pytestmark = pytest.mark.xdist_group("served apart")

SCENARIO = """
kind = "key-network"

[topology]
edges = [["A", "B"], ["B", "C"], ["A", "C"]]

[link]
key_rate_hz = 50000.0

[relay]
routes = 2

[kme]
port = {port}
ready_keys = 8

[[sae]]
name = "alice"
node = "A"

[[sae]]
name = "bob"
node = "C"
"""


#: Most bytes that the tap keeps: other programs of the machine may talk, too.
MOST_BYTES = 1 << 26


class Tap(threading.Thread):
    """Everything that passes over the loopback interface."""

    def __init__(self):
        super().__init__(daemon=True)
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.wire.bind(("lo", 0))
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self.wire.settimeout(0.1)
        self.packets, self.ended = [], threading.Event()

    def run(self):
        kept = 0
        while not self.ended.is_set():
            with suppress(TimeoutError):
                packet = self.wire.recv(1 << 16)
                kept += len(packet)
                if kept < MOST_BYTES:
                    self.packets.append(packet)
        self.wire.close()


@pytest.fixture(scope="module")
def tap():
    """A wire tap from before the nodes begin."""
    try:
        found = Tap()
    except (AttributeError, PermissionError):
        pytest.skip("this user may not look at packets")
    found.start()
    yield found
    found.ended.set()
    found.join()


@pytest.fixture(scope="module")
def kmes(tap, tmp_path_factory):
    """Three nodes, each started alone with what it needs in a folder of its own."""
    folder = tmp_path_factory.mktemp("apart")
    file = folder / "line.toml"
    port = free_ports(3)
    file.write_text(SCENARIO.format(port=port))
    scenario = load(file)
    assert isinstance(scenario, KeyNetworkScenario)
    whole = RunFolder(folder / "whole")
    prepare(scenario, whole)
    clients = KmeClients()
    clients.folder, clients.certs = folder, whole.certificates
    clients.ports = {node: port + k for k, node in enumerate("ABC")}
    with ExitStack() as stack:
        clients.processes = {}
        for node in "ABC":
            own = folder / node
            hand_over(whole, RunFolder(own), node)
            command = [*QNET, "kme", "serve", str(file), "--node", node, "--dir", str(own)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            clients.processes[node] = stack.enter_context(process)
            stack.callback(process.terminate)
        for node, process in clients.processes.items():
            assert json.loads(process.stdout.readline())["node"] == node
        deadline = time.monotonic() + LIMIT_S
        while not all(state(clients, node)["ready"] for node in "ABC"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield clients


def hand_over(whole, own, node):
    """Put what a node needs into a folder of its own."""
    own.certificates.mkdir(parents=True)
    for path in whole.certificates.iterdir():
        if path.stem.startswith((f"kme-{node}", f"link-{node}--")) or path.name == "ca.crt":
            shutil.copy(path, own.certificates / path.name)
    shutil.copytree(whole.node(node), own.node(node))


def state(kmes, node):
    return kmes.ask("manager", "/manage/v1/state", node=node).json


def test_each_key_goes_in_two_shares_over_disjoint_routes(kmes):
    # Oracle: the two routes of a ring, and key of every edge that was used.
    seen = {node: state(kmes, node) for node in "ABC"}
    (pair,) = seen["A"]["pairs"]
    assert pair["routes"] == [["A", "C"], ["A", "B", "C"]]
    assert all(edge["used_bits"] > 0 for each in seen.values() for edge in each["edges"])


def test_nodes_share_no_file(kmes):
    # Oracle: /proc: what the processes of one node have open below the folder is its own.
    for node, process in kmes.processes.items():
        opened = set()
        for pid in {process.pid} | descendants(process.pid):
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    opened.add(str(handle.readlink()))
        below = {each for each in opened if each.startswith(str(kmes.folder))}
        assert any(each.endswith("keys.sqlite") for each in below)
        assert {Path(each).relative_to(kmes.folder).parts[0] for each in below} == {node}


def test_no_key_is_on_the_wire(kmes, tap):
    # Oracle: every packet of the run so far, searched for 8 bytes of each key: raw, in hex and in
    # base64 at each of the three places that a byte can have in it.
    answer = kmes.enc("alice", "bob", number=8)
    keys = answer.json["keys"]
    more = kmes.enc("alice", "bob", number=2, size=1024).json["keys"]
    collected = kmes.dec("bob", "alice", *(key["key_ID"] for key in [*keys, *more])).json["keys"]
    assert collected == [*keys, *more]
    deadline = time.monotonic() + LIMIT_S
    size = len(tap.packets)
    while len(tap.packets) < size + 20 and time.monotonic() < deadline:
        time.sleep(0.05)  # news between nodes go on: all of before has come by then
    passed = b"".join(tap.packets)
    # Ports stand 34 bytes from the beginning of a packet (Ethernet, then IP without options).
    ports = {port.to_bytes(2, "big") for port in kmes.ports.values()}
    asked = b"".join(each for each in tap.packets if ports & {each[34:36], each[36:38]})
    assert asked.count(b"\x16\x03\x01") > 3  # TLS handshakes: this is the traffic
    assert b"enc_keys" not in asked
    assert b"relay" not in asked
    for key in collected:
        material = base64.b64decode(key["key"])
        for start in range(0, len(material) - 8, 16):
            part = material[start : start + 8]
            assert part not in passed
            assert part.hex().encode() not in passed
            for shift in range(3):
                text = base64.b64encode(bytes(shift) + part + b"...")
                assert (text[4:12] if shift else text[:8]) not in passed


def test_a_node_without_its_secrets_does_not_begin(kmes):
    own = kmes.folder / "empty"
    command = [*QNET, "kme", "serve", str(kmes.folder / "line.toml"), "--node", "A"]
    done = subprocess.run(
        [*command, "--dir", str(own)], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "must be there" in done.stderr
