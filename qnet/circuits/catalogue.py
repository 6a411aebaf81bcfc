"""Catalogue of the circuits, each as a function without arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from qiskit import QuantumCircuit
from qiskit.circuit.library import ZGate

from qnet.circuits.bell import BELL_KINDS, bell_pair
from qnet.circuits.chain import repeater_chain
from qnet.circuits.distill import bbpssw, dejmps, double_selection, entanglement_pumping
from qnet.circuits.four_qubit_singlet import four_qubit_singlet
from qnet.circuits.ghz import ghz, ghz_fusion, ghz_measurement, ghz_swap
from qnet.circuits.memory import idle
from qnet.circuits.photonic import (
    direct_transmission,
    emission_to_memory,
    midpoint_source,
    single_click,
)
from qnet.circuits.remote import cat_copy, cat_uncopy, remote_controlled_u, remote_toffoli
from qnet.circuits.swap import bell_measurement, swap_feed_forward, swap_pauli_frame
from qnet.circuits.teleport import teleportation, teleported_cnot
from qnet.circuits.twirl import werner_twirl
from qnet.circuits.w_state import w_state

__all__ = ["CIRCUITS"]

#: Every circuit of this package by name, as a function without arguments. The tests run over it.
#: All but ``double_click``, which resets qubits in the middle and is tested by itself.
CIRCUITS: Mapping[str, Callable[[], QuantumCircuit]] = MappingProxyType(
    {
        **{f"bell_pair {kind}": partial(bell_pair, kind) for kind in BELL_KINDS},
        "idle": partial(idle, 1e-3, "alice", "bob"),
        "emission_to_memory": partial(emission_to_memory, 0.1),
        "single_click": partial(single_click, 0.1, visibility=0.9, latency_s=5e-5),
        "midpoint_source": partial(midpoint_source, latency_s=5e-5),
        "direct_transmission": partial(direct_transmission, latency_s=5e-5),
        "bell_measurement": bell_measurement,
        "swap_feed_forward": partial(swap_feed_forward, latency_s=5e-5),
        "swap_pauli_frame": swap_pauli_frame,
        "repeater_chain": partial(repeater_chain, 3, basis="X"),
        "repeater_chain feed-forward": partial(repeater_chain, 3, frame=False, basis="Y"),
        "bbpssw": bbpssw,
        "dejmps": dejmps,
        "double_selection": double_selection,
        "entanglement_pumping": partial(entanglement_pumping, 2),
        "werner_twirl": lambda: werner_twirl()[5],
        "teleportation": partial(teleportation, latency_s=5e-5),
        "teleportation frame": partial(teleportation, frame=True),
        "teleported_cnot": partial(teleported_cnot, latency_s=5e-5),
        "teleported_cnot frame": partial(teleported_cnot, frame=True),
        "cat_copy": partial(cat_copy, latency_s=5e-5),
        "cat_copy frame": partial(cat_copy, frame=True),
        "cat_uncopy": partial(cat_uncopy, latency_s=5e-5),
        "cat_uncopy frame": partial(cat_uncopy, frame=True),
        "remote_controlled_u": partial(remote_controlled_u, ZGate(), latency_s=5e-5),
        "remote_toffoli": partial(remote_toffoli, latency_s=5e-5),
        "ghz": partial(ghz, 3),
        "ghz_fusion": partial(ghz_fusion, latency_s=5e-5),
        "ghz_fusion frame": partial(ghz_fusion, frame=True),
        "ghz_measurement": partial(ghz_measurement, 3),
        "ghz_swap": partial(ghz_swap, 3, latency_s=5e-5),
        "w_state": partial(w_state, 3),
        "four_qubit_singlet": four_qubit_singlet,
    }
)
