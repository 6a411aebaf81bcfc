"""Chains with Pauli noise in Stim, written from the parameters of the plan and its timeline alone.

``DEPOLARIZE2(p)`` is the depolarising channel with 16 p / 15, ``DEPOLARIZE1(p)`` with 4 p / 3.
"""

from __future__ import annotations

import numpy as np
import stim

from qnet.states import bell_weights


def prepare(circuit, link, left, right):
    """A Bell-diagonal pair: Phi+ with Pauli errors on its right half."""
    circuit.append("H", [left])
    circuit.append("CX", [left, right])
    circuit.append("PAULI_CHANNEL_1", [right], bell_weights(link.fano)[1:])


def wait(circuit, qubit, memory, time_s):
    """Storage in a memory without relaxation."""
    circuit.append("DEPOLARIZE1", [qubit], 0.75 * -np.expm1(-time_s / memory.depolarizing_time_s))
    circuit.append("Z_ERROR", [qubit], 0.5 * -np.expm1(-time_s / memory.dephasing_time_s))


def gate(circuit, name, qubits, gates):
    """A gate and its depolarising noise."""
    circuit.append(name, qubits)
    if len(qubits) == 2:
        circuit.append("DEPOLARIZE2", qubits, 15 / 16 * gates.two_qubit_depolarizing)
    else:
        circuit.append("DEPOLARIZE1", qubits, 3 / 4 * gates.single_qubit_depolarizing)


def measure_ends(circuit, left, right, basis):
    """Ideal measurements of both ends, the last two bits of the record."""
    circuit.append({"X": "MX", "Y": "MY", "Z": "M"}[basis], [left, right])


def read(bits, gates, rng):
    """Recorded bits: 0 becomes 1 with ``readout_flip_0``, 1 becomes 0 with ``readout_flip_1``."""
    chance = np.where(bits, gates.readout_flip_1, gates.readout_flip_0)
    return bits ^ (rng.random(bits.shape) < chance)


def correlator(left, right):
    """Mean of the product of two +-1 outcomes, and its standard error."""
    product = 1.0 - 2.0 * (left ^ right)
    return product.mean(), np.sqrt((1.0 - product.mean() ** 2) / len(product))


def frame_chain(plan, records, basis, shots, seed):
    """A swap-as-soon-as-possible chain of links, its frame applied at the right end at delivery."""
    circuit = stim.Circuit()
    links = list(plan.links())
    for k, (link, record) in enumerate(zip(links, records[:-1], strict=True)):
        prepare(circuit, link, 2 * k, 2 * k + 1)
        wait(circuit, 2 * k, link.left, record.left_until_s - record.ready_s)
        wait(circuit, 2 * k + 1, link.right, record.right_until_s - record.ready_s)
    for k, station in enumerate(plan.stations):
        left, right = 2 * k + 1, 2 * k + 2
        gate(circuit, "CX", [left, right], station.gates)
        gate(circuit, "H", [left], station.gates)
        circuit.append("M", [right, left])
    measure_ends(circuit, 0, 2 * len(links) - 1, basis)
    bits = circuit.compile_sampler(seed=seed).sample(shots)
    rng = np.random.default_rng(seed)
    frame = np.zeros((shots, 2), dtype=bool)
    for k, station in enumerate(plan.stations):
        frame ^= read(bits[:, 2 * k : 2 * k + 2], station.gates, rng)
    right_end = bits[:, -1].copy()
    error = plan.stations[-1].gates.single_qubit_depolarizing / 2.0
    for column, pauli in enumerate("XZ"):
        if pauli != basis:
            right_end ^= frame[:, column]
        # The gate, when it is applied, is followed by an error that flips the bit.
        right_end ^= frame[:, column] & (rng.random(shots) < error)
    return correlator(bits[:, -2], right_end)


def dejmps(plan, records, basis, shots, seed):
    """One DEJMPS round of two links: correlator of the accepted pairs."""
    circuit, gates, link = stim.Circuit(), plan.gates, plan.pair
    for k, record in enumerate(records[:2]):
        prepare(circuit, link, 2 * k, 2 * k + 1)
        for qubit, memory in ((2 * k, link.left), (2 * k + 1, link.right)):
            wait(circuit, qubit, memory, record.left_until_s - record.ready_s)
    for side, rotation in ((0, "SQRT_X"), (1, "SQRT_X_DAG")):
        gate(circuit, rotation, [side], gates)
        gate(circuit, rotation, [2 + side], gates)
        gate(circuit, "CX", [side, 2 + side], gates)
        circuit.append("M", [2 + side])
        wait(circuit, side, (link.left, link.right)[side], plan.overhead_s)
    measure_ends(circuit, 0, 1, basis)
    bits = circuit.compile_sampler(seed=seed).sample(shots)
    recorded = read(bits[:, :2], gates, np.random.default_rng(seed))
    accepted = recorded[:, 0] == recorded[:, 1]
    return correlator(bits[accepted, 2], bits[accepted, 3])


def feed_forward_chain(plan, records, basis, shots, seed):
    """Two levels of swaps, each corrected by feedback; gates of one qubit and corrections ideal."""
    circuit = stim.Circuit()
    links = list(plan.links())
    by_pair = {record.pair: record for record in records}
    for k, name in enumerate(("0.0.0", "0.0.1", "0.1.0", "0.1.1")):
        prepare(circuit, links[k], 2 * k, 2 * k + 1)
        waited = by_pair[name].waited_s
        wait(circuit, 2 * k, links[k].left, waited)
        wait(circuit, 2 * k + 1, links[k].right, waited)

    def swap(step, left_end, station_left, station_right, right_end):
        gates = step.station.gates
        gate(circuit, "CX", [station_left, station_right], gates)
        circuit.append("H", [station_left])
        circuit.append("M", [station_right, station_left], gates.readout_flip_0)
        wait(circuit, left_end, links[left_end // 2].left, step.overhead_s)
        wait(circuit, right_end, links[right_end // 2].right, step.overhead_s)
        circuit.append("CX", [stim.target_rec(-2), right_end])
        circuit.append("CZ", [stim.target_rec(-1), right_end])

    for step, first, name in ((plan.left, 0, "0.0"), (plan.right, 4, "0.1")):
        swap(step, first, first + 1, first + 2, first + 3)
        waited = by_pair[name].waited_s
        wait(circuit, first, links[first // 2].left, waited)
        wait(circuit, first + 3, links[first // 2 + 1].right, waited)
    swap(plan, 0, 3, 4, 7)
    measure_ends(circuit, 0, 7, basis)
    bits = circuit.compile_sampler(seed=seed).sample(shots)
    return correlator(bits[:, -2], bits[:, -1])
