"""Encoded chains of two links as joint circuits on Aer's density matrix.

Oracle: Aer. Once as the circuit engine builds them, block by block; once as the hardware would run
them, with the Bell measurements of the station between the blocks of both links, every check and
logical operator of the ends accumulated in an ancilla, and the decoding done in this file.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import CXGate, CYGate, CZGate, HGate

from qnet import EncodedPair, Gates, Link, Memory, Station, Swap, SwapAsap
from qnet.circuits import bell_measurement
from qnet.codes import code_of
from qnet.engines.circuit import joint_state, sampled_counts
from qnet.engines.sampled import Sampler, delivery
from qnet.errors import EngineError
from qnet.instrument import density_matrix
from qnet.noise import Noise, from_gates
from qnet.states import fano_from_correlators, werner

GATES = Gates(
    two_qubit_depolarizing=0.03,
    single_qubit_depolarizing=0.01,
    readout_flip_0=0.02,
    readout_flip_1=0.02,
)
PERFECT = Station(perfect=True)
CONTROLLED = {"X": CXGate, "Y": CYGate, "Z": CZGate}


def link(w, memory=None, chance=0.4):
    memory = memory or Memory()
    return Link(
        success_probability=chance,
        attempt_time_s=1.0,
        state=werner(w),
        left=memory,
        right=memory,
    )


def composed(plan, draw):
    """The state of a history as the sampled engine has it."""
    sampler = Sampler(plan)
    state = np.asarray(sampler.algebra.to_array(sampler.states.of(draw), 1))[0]
    return fano_from_correlators(state) if state.ndim == 1 else state


FADING = Memory(depolarizing_time_s=50.0, t2_s=30.0)
PLANS = {
    "repetition, read by gates": lambda: EncodedPair(
        pair=link(0.9, FADING), code=code_of("repetition-3"), gates=GATES, flip=0.03
    ),
    "422, read by gates": lambda: EncodedPair(
        pair=link(0.9, FADING), code=code_of("422"), gates=GATES
    ),
    "513": lambda: EncodedPair(pair=link(0.9, FADING), code=code_of("513")),
    "repetition, two links": lambda: Swap(
        left=EncodedPair(
            pair=link(0.95, FADING),
            code=code_of("repetition-3"),
            gates=GATES,
            memory=Memory(t2_s=40.0),
        ),
        right=EncodedPair(pair=link(0.9, FADING), code=code_of("repetition-3"), gates=GATES),
        station=Station(gates=GATES),
    ),
    "repetition and a bare link": lambda: SwapAsap(
        segments=(
            EncodedPair(pair=link(0.9, FADING), code=code_of("repetition-3"), gates=GATES),
            link(0.95, FADING),
        ),
        stations=(Station(gates=GATES),),
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_the_joint_circuit_of_a_history_has_the_composed_state(name):
    """Oracle: the circuit engine, which decodes by undoing the encoder at both ends."""
    plan = PLANS[name]()
    draw = delivery(plan, seed=3)
    assert np.abs(joint_state(draw) - composed(plan, draw)).max() < 1e-10


def hardware_circuit(code, logical, states):
    """Two links qubit by qubit; bits of 2 r checks of both links, then of a logical operator.

    Qubits a - b are a pair of the first link, c - d of the second; the station measures b and c.
    Left blocks are a and c: their checks are measured before. Check number s of the first link is
    its value on a, times that on c, times what the station says of b and c; of the second link on c
    and d.
    """
    checks = code.stabilizers
    count = 2 * len(checks) + 1
    circuit = QuantumCircuit(count + 4 * code.n, 2 * code.n)
    for place in range(count):
        circuit.append(HGate(label="IDEAL"), [place])

    def add(place, letter, *qubits):
        for qubit in qubits if letter != "I" else ():
            circuit.append(CONTROLLED[letter](label="IDEAL"), [place, qubit])

    for k in range(code.n):
        a, b, c, d = range(count + 4 * k, count + 4 * k + 4)
        for (one, two), w in zip(((a, b), (c, d)), states, strict=True):
            circuit.append(HGate(label="IDEAL"), [one])
            circuit.append(CXGate(label="IDEAL"), [one, two])
            chances = [(1 + 3 * w) / 4, *[(1 - w) / 4] * 3]
            operators = [np.sqrt(p) * m for p, m in zip(chances, PAULIS, strict=True)]
            circuit.append(kraus(operators), [two])
        for s, word in enumerate(checks):
            add(s, word[k], a, c)
            add(len(checks) + s, word[k], c, d)
        add(count - 1, logical[k], a, d)
        bits = circuit.clbits[2 * k : 2 * k + 2]
        circuit.compose(bell_measurement(), [b, c], bits, inplace=True)
        # The frame: X where bit 0 says so, Z where bit 1 does; who anticommutes with it changes.
        for bit, letters in zip(bits, ("YZ", "XY"), strict=True):
            turned = [s for s, word in enumerate(checks) if word[k] in letters]
            turned += [count - 1] if logical[k] in letters else []
            with circuit.if_test((bit, 1)):
                for place in turned:
                    circuit.append(z_gate(), [place])
    for place in range(count):
        circuit.append(HGate(label="IDEAL"), [place])
    return circuit, count


PAULIS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def kraus(operators):
    from qiskit.circuit import Instruction

    return Instruction("kraus", 1, 0, [np.array(each, dtype=complex) for each in operators])


def z_gate():
    from qiskit.circuit.library import ZGate

    return ZGate(label="IDEAL")


def corrections(code):
    """Syndrome to the lightest correction, X and Z apart; None where it is thrown away."""
    table = {}
    for word in itertools.product("IXYZ", repeat=code.n):
        seen = tuple(anticommute(word, check) for check in code.stabilizers)
        weight = sum((x in "XY") + (x in "YZ") for x in word)
        if seen not in table or weight < table[seen][0]:
            table[seen] = (weight, word)
    if code.is_detecting:
        return {seen: (None if any(seen) else word) for seen, (_, word) in table.items()}
    return {seen: word for seen, (_, word) in table.items()}


def anticommute(one, other):
    return sum(a != b and "I" not in (a, b) for a, b in zip(one, other, strict=True)) % 2


def y_word(code):
    """X times Z of the first logical qubit, without its sign."""
    bits = {"I": 0, "X": 1, "Z": 2, "Y": 3}
    words = code.logical_x[0], code.logical_z[0]
    return "".join("IXZY"[bits[a] ^ bits[b]] for a, b in zip(*words, strict=True))


def decoded(code, logical, states):
    """Acceptance, and the correlator of a logical operator times it, decoded link by link."""
    circuit, count = hardware_circuit(code, logical, states)
    noise = from_gates(GATES)
    noise = Noise(model=noise.model, perfect=noise.perfect | {"IDEAL"})
    kept = density_matrix(circuit, noise, circuit.qubits[:count]).probabilities()
    r, table, accept, mean = len(code.stabilizers), corrections(code), 0.0, 0.0
    for number, chance in enumerate(kept):
        bits = [number >> place & 1 for place in range(count)]
        fixes = [table[tuple(bits[:r])], table[tuple(bits[r : 2 * r])]]
        if None in fixes:
            continue
        sign = bits[-1] ^ anticommute(fixes[0], logical) ^ anticommute(fixes[1], logical)
        accept += chance
        mean += chance * (1 - 2 * sign)
    return accept, mean


@pytest.mark.parametrize("name", ["repetition-3", "422"])
def test_blocks_that_a_station_measures_are_decoded_with_its_errors(name):
    """Oracle: the hardware's circuit; Y has the sign of as many Y as its word has."""
    code, states = code_of(name), (0.9, 0.95)
    left, right = (
        EncodedPair(pair=link(w, chance=1.0), code=code, gates=gates)
        for w, gates in zip(states, (GATES, Gates()), strict=True)
    )
    found = [
        plan.compiled().apply([werner(plan.pair.state[3][3])[None]] * code.n)
        for plan in (left, right)
    ]
    (one, first), (two, second) = found
    chances = one[0] * two[0]
    state = (first[0] @ np.diag([1, 1, -1, 1]) @ second[0]).diagonal()
    plan = Swap(left=left, right=right, station=PERFECT)
    assert composed(plan, delivery(plan, seed=1)).diagonal() == pytest.approx(state, abs=1e-12)
    for axis, logical in ((1, code.logical_x[0]), (2, y_word(code)), (3, code.logical_z[0])):
        accept, mean = decoded(code, logical, states)
        sign = (-1) ** logical.count("Y") if axis == 2 else 1
        wanted = -state[2] if axis == 2 else state[axis]
        assert accept == pytest.approx(chances, abs=1e-10)
        assert mean * sign / accept == pytest.approx(wanted, abs=1e-10)


def test_too_large_a_block_is_refused_with_what_can_play_it():
    pair = EncodedPair(pair=link(0.9), code=code_of("steane"), gates=GATES)
    with pytest.raises(EngineError, match="sampled engine"):
        joint_state(delivery(pair, seed=1))


def test_another_map_than_the_codes_has_no_joint_circuit():
    class Other(EncodedPair):
        """A pair with a map of its own."""

    pair = Other(pair=link(0.9), code=code_of("repetition-3"))
    with pytest.raises(EngineError, match="map of its own"):
        joint_state(delivery(pair, seed=1))


@pytest.mark.parametrize("name", ["422", "repetition-3"])
def test_single_runs_are_kept_where_no_check_fails(name):
    """Oracle: the composed state, five standard errors; without rejection it is far off."""
    plan = EncodedPair(pair=link(0.8), code=code_of(name))
    draw = delivery(plan, seed=2)
    counts = sampled_counts(draw, "Z", shots=2000, seed=5)
    kept = sum(counts.values())
    assert kept < 1900 if name == "422" else kept == 2000
    wrong = (1.0 - composed(plan, draw)[3, 3]) / 2.0
    error = np.sqrt(wrong * (1.0 - wrong) / kept)
    assert abs((counts["01"] + counts["10"]) / kept - wrong) < 5.0 * error
