"""Benchmark of BB84 with an eavesdropper in QuNetSim: three hosts, a qubit at a time.

Eve is the host between Alice and Bob: she measures in a random basis every qubit that she relays.
"""

from __future__ import annotations

import random
import time
from importlib import import_module
from typing import Any

__all__ = ["PACKAGES", "WORKS", "bb84"]

PACKAGES = ("qunetsim", "eqsn", "numpy")

#: Longest time in s that Bob waits for a qubit.
PATIENCE_S = 30.0


def bb84(settings: dict[str, Any], seed: int) -> dict[str, Any]:
    """Send so many qubits through Eve, and compare the bits of equal bases."""
    random.seed(seed)
    objects = import_module("qunetsim.objects")
    objects.Logger.DISABLED = True
    network, alice, bob = _hosts()
    sifted = wrong = 0
    start = time.process_time()
    for _ in range(settings["qubits"]):
        bit, basis_alice, basis_bob = (random.getrandbits(1) for _ in range(3))
        qubit = objects.Qubit(alice)
        if bit:
            qubit.X()
        if basis_alice:
            qubit.H()
        label = alice.send_qubit("bob", qubit, no_ack=True)
        received = bob.get_qubit("alice", q_id=label, wait=PATIENCE_S)
        if basis_bob:
            received.H()
        found = received.measure()
        if basis_alice == basis_bob:
            sifted += 1
            wrong += found != bit
    seconds = time.process_time() - start
    network.stop(True)
    figures = {
        "sifted bits per pulse": {"hits": sifted, "of": settings["qubits"]},
        "QBER": {"hits": wrong, "of": sifted},
    }
    return {"seconds": seconds, "count": settings["qubits"], "figures": figures}


def _hosts() -> tuple[Any, Any, Any]:
    """The network, Alice and Bob, with Eve between them."""
    components = import_module("qunetsim.components")
    network = components.Network.get_instance()
    network.delay = 0
    names = ["alice", "eve", "bob"]
    network.start(names)
    hosts = {name: components.Host(name) for name in names}
    for left, right in (("alice", "eve"), ("eve", "bob")):
        hosts[left].add_connection(right)
        hosts[right].add_connection(left)
    for host in hosts.values():
        host.delay = 0
        host.start()
        network.add_host(host)
    hosts["eve"].q_relay_sniffing = True
    hosts["eve"].q_relay_sniffing_fn = _spied
    return network, hosts["alice"], hosts["bob"]


def _spied(sender: str, receiver: str, qubit: Any) -> None:
    """Measure a qubit in a random basis, and send on what was found."""
    turned = random.getrandbits(1)
    if turned:
        qubit.H()
    qubit.measure(non_destructive=True)
    if turned:
        qubit.H()


WORKS = {"bb84": bb84}
