"""Readouts of starlight at two sites: brought together, by a shared photon, or by memories."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.effects import outcome_effects
from protocols.applications.sensing.starlight import CountRates, rates_of_mode
from qnet.instrument.pauli import state_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qiskit import QuantumCircuit

    from qnet.noise import Noise
    from qnet.states.pauli import Array

    Complex = NDArray[np.complex128]

__all__ = [
    "beam_splitter",
    "bit_effects",
    "brought_together",
    "by_memories",
    "by_shared_photon",
    "check_of_bit",
    "pairs_of_block",
]


def pairs_of_block(modes: int) -> int:
    """Pairs that find the arrival time of a photon among some modes, or none: one for each bit.

    Examples:
        >>> pairs_of_block(1000)
        10
    """
    return math.ceil(math.log2(modes + 1))


def beam_splitter() -> QuantumCircuit:
    """Balanced beam splitter on two modes with one photon at most, and counters behind it."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(2, 2)
    circuit.rxx(math.pi / 4.0, 0, 1)
    circuit.ryy(math.pi / 4.0, 0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def brought_together(transmission: float) -> CountRates:
    """Light of both sites on one beam splitter, after the way there.

    Args:
        transmission: Of the way from each site.
    """
    from qiskit_aer.noise import amplitude_damping_error

    splitter = beam_splitter()
    circuit = splitter.copy_empty_like()
    if transmission < 1.0:
        lost = amplitude_damping_error(1.0 - transmission).to_instruction()
        circuit.append(lost, [0])
        circuit.append(lost, [1])
    circuit.compose(splitter, inplace=True)
    _, rows = outcome_effects(circuit, None, circuit.qubits)
    return rates_of_mode(4.0 * state_matrix(rows))


def by_shared_photon(pair: Array) -> CountRates:
    """Light of each site on a beam splitter with its half of a shared photon, and counted.

    Args:
        pair: Pauli vector (16,) of the shared state, Phi+ if perfect: the second site's half is
            flipped, and 0 and 1 are numbers of photons.
    """
    signs = np.kron([1.0, 1.0, 1.0, 1.0], [1.0, 1.0, -1.0, -1.0])
    shared = state_matrix(pair * signs).reshape(2, 2, 2, 2)
    site = _site_effects()
    # Indices of an effect: light, photon, light, photon; of the shared state: both, both.
    found = np.einsum("kasbt,lcudv,tvsu->klacbd", site, site, shared)
    return rates_of_mode(found.reshape(-1, 4, 4))


@lru_cache(maxsize=1)
def _site_effects() -> Complex:
    """Effects (6, 2, 2, 2, 2) of the counts behind a site's beam splitter, up to two photons."""
    lower = np.diag(np.sqrt([1.0, 2.0]), 1)
    first, second = np.kron(lower, np.eye(3)), np.kron(np.eye(3), lower)
    generator = first.T @ second + second.T @ first
    values, vectors = np.linalg.eigh(generator)
    unitary = (vectors * np.exp(1j * np.pi / 4.0 * values)) @ vectors.T
    # Up to one photon on each side: columns of |n, m>; two photons at most, which the cut holds.
    entering = unitary[:, [0, 1, 3, 4]]
    counted = [entering[3 * n + m] for n in range(3) for m in range(3 - n)]
    return np.array([np.outer(row.conj(), row) for row in counted]).reshape(6, 2, 2, 2, 2)


def check_of_bit() -> QuantumCircuit:
    """One bit of the arrival time: its parity over both sites by a pair, then X of both memories.

    Register ``parity`` holds what the halves of the pair say, ``x`` the readout of the memories.
    """
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    memory, pair = QuantumRegister(2, "memory"), QuantumRegister(2, "pair")
    circuit = QuantumCircuit(
        memory, pair, ClassicalRegister(2, "parity"), ClassicalRegister(2, "x")
    )
    circuit.cx(memory, pair)
    circuit.measure(pair, circuit.cregs[0])
    circuit.h(memory)
    circuit.measure(memory, circuit.cregs[1])
    return circuit


def bit_effects(noise: Noise | None) -> Array:
    """Effects (2, 2, 16, 16) of a bit: total and sign of X, by the parity 0 or 1 that is read.

    The first 16 are Pauli components of the two memories, the last of the pair.
    """
    circuit = check_of_bit()
    outcomes, rows = outcome_effects(circuit, noise, circuit.qubits)
    found = np.zeros((2, 2, 256))
    for outcome, row in zip(outcomes, rows, strict=True):
        parity, x = (outcome[name].count("1") % 2 for name in ("parity", "x"))
        found[0, parity] += row
        found[1, parity] += row if x == 0 else -row
    return found.reshape(2, 2, 16, 16)


def by_memories(effects: Array, pair: Array, modes: int) -> CountRates:
    r"""Light of a block of modes in memories that hold its arrival time in binary.

    A photon of mode m writes the bits of m at the site where it arrives. Each bit's parity over
    both sites, read with a pair, tells m and not the site; the memories of its ones are then read
    in X, and the product of their signs tells the phase (E. T. Khabiboulline et al., Phys. Rev.
    Lett. 123, 070504 (2019)).

    Args:
        effects: Of a bit, as `bit_effects` gives them.
        pair: Pauli vector (16,) of each pair.
        modes: Modes of a block.
    """
    bits = pairs_of_block(modes)
    on_memories = 4.0 * state_matrix(effects @ pair)
    total, sign = on_memories
    # A bit that is not read as one adds no sign.
    signed = np.stack([total[0], sign[1]])
    kinds = {}
    for name, each in (("total", total), ("signed", signed)):
        dark = each[:, 0, 0]
        first, second, both = (
            _summed(dark, lit, modes) for lit in (each[:, 2, 2], each[:, 1, 1], each[:, 1, 2])
        )
        kinds[name] = (_product([dark] * bits).real, (first + second).real / 2.0, both)
    plus_minus = []
    for whole, part in zip(kinds["total"], kinds["signed"], strict=True):
        # No photon was found where no bit is one; else it is counted by its sign.
        plus_minus.append(
            np.concatenate([whole[:1], (whole[1:] + part[1:]) / 2, (whole[1:] - part[1:]) / 2])
        )
    vacuum, population, coherence = plus_minus
    return CountRates(vacuum=vacuum, population=population, coherence=coherence, modes=modes)


def _summed(dark: Complex, lit: Complex, modes: int) -> Complex:
    """Products over the bits of an arrival time, summed over all times from 1 to ``modes``.

    Args:
        dark: Factors (2,) of a bit that is 0, by what is read.
        lit: Of one that is 1.
        modes: Last time.

    Returns:
        Shape (2**bits,), by what is read of all bits.
    """
    bits = pairs_of_block(modes)
    digits = [(modes >> place) & 1 for place in reversed(range(bits))]
    exact = [lit if digit else dark for digit in digits]
    found = _product(exact) - _product([dark] * bits)
    # Times below the last share its first digits, then have 0 where it has 1, then anything.
    for place, digit in enumerate(digits):
        if digit:
            free = [dark + lit] * (bits - place - 1)
            found = found + _product([*exact[:place], dark, *free])
    return found


def _product(factors: Sequence[Complex]) -> Complex:
    """Product (2**bits,) of factors (2,) of each bit, the most significant first."""
    found: Complex = np.ones(1, dtype=complex)
    for factor in factors:
        found = np.multiply.outer(found, factor).reshape(-1)
    return found
