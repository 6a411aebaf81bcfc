"""Twenty kills of nodes during traffic: no key twice, none that differs, what was lost is counted.

Oracles: identities and bytes of all keys that masters and slaves were ever given, and after the end
the stores of all nodes against each other.
"""

from __future__ import annotations

import http.client
import os
import random
import signal
import ssl
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from protocols.key_management.store import KeyStore
from tests.processes import descendants
from tests.protocols.key_management.started_kmes import LIMIT_S, StartedKmes

SCENARIO = """
kind = "key-network"

[topology]
edges = [["A", "B"], ["B", "C"]]

[link]
key_rate_hz = 200000.0

[kme]
port = {port}
ready_keys = 16
"""
SAES = {"alice": "A", "bob": "C"}

#: Which node is killed while a master or slave waits for what, each four times: in the relay of
#: keys made on demand, in their agreement, in the delivery at either end, and whenever.
MOMENTS = (
    ("B", "relay"),
    ("C", "ready"),
    ("A", "ready"),
    ("C", "collect"),
    ("B", ""),
)
KILLS = 4 * len(MOMENTS)

BROKEN = (OSError, http.client.HTTPException, ssl.SSLError, ValueError, KeyError)


class Traffic:
    """A master and a slave who ask for keys all the time, and note what they were given."""

    def __init__(self, kmes, master, slave, seed):
        self.kmes, self.master, self.slave = kmes, master, slave
        self.chance = random.Random(seed)
        self.delivered: list[tuple[str, str]] = []
        self.collected: list[tuple[str, str]] = []
        self.doubtful: set[str] = set()  # asked for by the slave, whose answer never came
        self.waits_for = ""
        self.served = threading.Event()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.done.is_set():
            try:
                self.once()
            except BROKEN:
                self.done.wait(0.05)

    def once(self):
        """Some keys, of those that are ready or made on demand, collected twice by the slave."""
        kmes, chance = self.kmes, self.chance
        on_demand = chance.random() < 0.5
        body = {"number": chance.randint(1, 4)} | ({"size": 512} if on_demand else {})
        self.waits_for = "relay" if on_demand else "ready"
        url = f"/api/v1/keys/{self.slave}/enc_keys"
        answer = kmes.ask(self.master, url, node=SAES[self.master], body=body)
        if answer.status != 200:
            assert answer.status == 503, answer
            self.done.wait(0.05)
            return
        keys = [(key["key_ID"], key["key"]) for key in answer.json["keys"]]
        self.delivered += keys
        self.waits_for = "collect"
        for _ in range(2):
            self.collect(keys)

    def collect(self, keys):
        """Ask for keys as the slave; what comes is noted."""
        listed = {"key_IDs": [{"key_ID": name} for name, _ in keys]}
        url = f"/api/v1/keys/{self.master}/dec_keys"
        try:
            answer = self.kmes.ask(self.slave, url, node=SAES[self.slave], body=listed)
        except ConnectionRefusedError:
            raise
        except BROKEN:
            self.doubtful |= {name for name, _ in keys}
            raise
        if answer.status == 200:
            self.collected += [(key["key_ID"], key["key"]) for key in answer.json["keys"]]
            self.served.set()

    def collect_rest(self):
        """Ask once for every key that the master has and the slave has not."""
        for key in set(self.delivered) - set(self.collected):
            self.collect([key])


def node_process(kmes, node):
    """The process of a node; 0 while there is none."""
    for pid in descendants(kmes.process.pid):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        except OSError:
            continue
        if "--node" in words and words[words.index("--node") + 1] == node:
            return pid
    return 0


def kill_in(kmes, node, traffic, moment, chance):
    """Kill a node while a request of some kind is on its way."""
    while not (pid := node_process(kmes, node)):
        time.sleep(0.02)
    deadline = time.monotonic() + LIMIT_S
    while moment and traffic.waits_for == moment and time.monotonic() < deadline:
        time.sleep(0.0005)  # that one is old
    while moment and traffic.waits_for != moment and time.monotonic() < deadline:
        time.sleep(0.0005)
    time.sleep(chance.uniform(0.0, 0.015))
    os.kill(pid, signal.SIGKILL)


def kill_often(kmes, both):
    """Kill nodes, each time once service is back in both directions, and wait for it once more."""
    chance = random.Random(14)
    for kill in range(KILLS + 1):
        for traffic in both:
            traffic.served.clear()
            assert traffic.served.wait(LIMIT_S), f"no service after {kill} kills"
        if kill < KILLS:
            node, moment = MOMENTS[kill % len(MOMENTS)]
            kill_in(kmes, node, both[0], moment, chance)


def wait_quiet(kmes):
    """The state of all nodes once all have settled and their stock is full."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        assert time.monotonic() < deadline
        time.sleep(0.1)
        try:
            seen = [kmes.ask("manager", "/manage/v1/state", node=node).json for node in kmes.ports]
        except BROKEN:
            continue
        pairs = [pair for state in seen for pair in state["pairs"]]
        peers = [peer for state in seen for peer in state["peers"].values()]
        full = all(pair["ready_keys"] >= pair["wanted_keys"] for pair in pairs)
        if full and all(peer["up"] and peer["settled"] for peer in peers):
            return seen


def check_keys(traffic):
    """Each key at most once at each end, the same at both, and none that a master has is lost."""
    assert len(traffic.collected) > KILLS
    assert len({name for name, _ in traffic.delivered}) == len(traffic.delivered)
    assert len({key for _, key in traffic.delivered}) == len(traffic.delivered)
    assert len({name for name, _ in traffic.collected}) == len(traffic.collected)
    assert set(traffic.collected) <= set(traffic.delivered)
    missing = {name for name, _ in set(traffic.delivered) - set(traffic.collected)}
    assert missing <= traffic.doubtful
    assert len(missing) < KILLS


def check_stores(stores, delivered):
    """What is left is the same at both ends, and nothing of it was ever delivered."""
    for one, two in (("A", "C"), ("C", "A")):
        ready = stores[one].out_ids(two)
        held = set(stores[two].in_ids(one)) - set(stores[two].assigned_ids(one))
        assert len(ready) >= 16
        assert set(ready) == held
        assert delivered.isdisjoint(ready)
    for edge, (first, second) in {"A--B": "AB", "B--C": "BC"}.items():
        level = min(stores[node].level(edge) for node in (first, second))
        assert level > 0
        parts, material = stores[first].allocate(edge, level)
        assert stores[second].take(edge, parts) == material


@pytest.mark.slow
def test_twenty_kills_during_traffic(tmp_path):
    """Oracles: all that masters and slaves were given, and the stores of the nodes at the end."""
    with StartedKmes(tmp_path, SCENARIO, saes=SAES) as kmes:
        both = [Traffic(kmes, "alice", "bob", 1), Traffic(kmes, "bob", "alice", 2)]
        for traffic in both:
            traffic.thread.start()
        try:
            kill_often(kmes, both)
        finally:
            for traffic in both:
                traffic.done.set()
                traffic.thread.join()
        seen = wait_quiet(kmes)
        for traffic in both:
            traffic.collect_rest()
    for traffic in both:
        check_keys(traffic)
    # With so many kills, some hit a job, an agreement or a part of link key on its way.
    counters = [state["counters"] for state in seen]
    assert sum(each.get("voided_keys", 0) + each.get("voided_bytes", 0) for each in counters) > 0
    # No kill makes a store look like an older copy of itself.
    assert not any("restored" in each for each in counters)
    with ExitStack() as stack:
        paths = {node: kmes.run / "nodes" / node / "keys.sqlite" for node in "ABC"}
        stores = {node: stack.enter_context(KeyStore(path)) for node, path in paths.items()}
        check_stores(stores, {name for traffic in both for name, _ in traffic.delivered})
