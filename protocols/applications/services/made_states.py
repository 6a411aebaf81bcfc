"""States made of a round's pairs: fused into GHZ states, or teleported as W states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.effects import kept_states
from protocols.applications.services.round_pairs import MadeState
from qnet.circuits import ghz_fusion, teleportation, w_state
from qnet.instrument import compile

if TYPE_CHECKING:
    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["MADE_OF_PAIRS", "made_of_pairs"]

#: Names of the states that are made of pairs between the first party and each of the others.
MADE_OF_PAIRS = ("pair", "ghz", "w")

#: Elements that are worked on at once: bounds the memory to some tens of megabytes.
_BLOCK = 1 << 21


def made_of_pairs(state: MadeState, pairs: Sequence[Array], noise: Noise) -> Array:
    """Pauli vectors (rows, 4**size) of what the parties make of their pairs, linear in each.

    A GHZ state: the first party fuses the halves that it holds, one after the other (D. E. Browne,
    T. Rudolph, Phys. Rev. Lett. 95, 010501 (2005)), and each of the others corrects its own. A W
    state: the first party prepares it and teleports all qubits but its own. Maps are compiled from
    the circuits with the noise of the parties' gates.

    Args:
        state: What is made.
        pairs: Pauli vectors (rows, 16) of each pair, its left end first; independent within a row.
        noise: Noise of the parties' gates and readout.

    Examples:
        >>> from protocols.applications.needs import Need, ideal_vector
        >>> from protocols.applications.services.round_pairs import RoundPairs
        >>> from qnet.hardware import Gates
        >>> from qnet.noise import from_gates
        >>> (three,) = RoundPairs.of([Need(parties=("A", "B", "C"), state="ghz")]).states
        >>> pairs = [ideal_vector("pair", 2)[None]] * 2
        >>> made = made_of_pairs(three, pairs, from_gates(Gates()))[0]
        >>> bool(np.allclose(made, ideal_vector("ghz", 3)))
        True
    """
    outward = [_outward(*each) for each in zip(pairs, state.turned, strict=True)]
    if state.name == "pair":
        return outward[0].reshape(-1, 16)
    step = max(1, _BLOCK // 4**state.size)
    make = {"ghz": _fused, "w": _teleported}[state.name](state, noise)
    blocks = range(0, len(outward[0]), step)
    found = [make([pair[k : k + step] for pair in outward]) for k in blocks]
    return np.concatenate([np.ascontiguousarray(part).reshape(len(part), -1) for part in found])


def _outward(pair: Array, is_turned: bool) -> Array:
    """A pair (rows, 4, 4), the end of the first party first."""
    matrices = np.asarray(pair).reshape(-1, 4, 4)
    return matrices.swapaxes(1, 2) if is_turned else matrices


def _fused(state: MadeState, noise: Noise) -> Callable[[Sequence[Array]], Array]:
    """What fuses pairs into a GHZ state."""
    fusion = _fusion(noise).reshape(16, 4, 4, 4)

    def make(pairs: Sequence[Array]) -> Array:
        rows = len(pairs[0])
        whole = pairs[0]
        for pair in pairs[1:]:
            step = np.einsum("oihf,nhf->noi", fusion, pair, optimize=True)
            whole = step @ whole.reshape(rows, 4, -1)
        # The centre, then the ends of the pairs from the last to the first.
        tensor = whole.reshape((rows,) + (4,) * state.size)
        return tensor.transpose([0, 1, *range(state.size, 1, -1)])

    return make


def _teleported(state: MadeState, noise: Noise) -> Callable[[Sequence[Array]], Array]:
    """What hands out a W state through pairs."""
    step = _teleportation(noise).reshape(4, 4, 4, 4)
    prepared = _w_state(noise, state.size)

    def make(pairs: Sequence[Array]) -> Array:
        rows = len(pairs[0])
        whole = np.broadcast_to(prepared, (rows, prepared.size))
        for place, pair in enumerate(pairs, 1):
            sent = np.einsum("omhf,nhf->nom", step, pair, optimize=True)
            whole = np.einsum("nom,namb->naob", sent, whole.reshape(rows, 4**place, 4, -1))
        return whole

    return make


def _fusion(noise: Noise) -> Array:
    """Map (16, 64) of a fusion: centre's qubit, its half of a pair, the far end -> two qubits."""
    circuit = ghz_fusion()
    left, _, far_end = circuit.qubits
    return kept_states(circuit, noise, circuit.qubits, [left, far_end])


def _teleportation(noise: Noise) -> Array:
    """Map (4, 64) of a teleportation: message, halves of a pair -> far end."""
    circuit = teleportation()
    return kept_states(circuit, noise, circuit.qubits, circuit.qubits[2:])


def _w_state(noise: Noise, size: int) -> Array:
    """Pauli vector (4**size,) of the W state that one party prepares, on gates of the noise."""
    circuit = w_state(size)
    return compile(circuit, noise, inputs=[], outputs=circuit.qubits).channel()[:, 0]
