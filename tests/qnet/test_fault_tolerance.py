"""Circuits of blocks with faulty gates, by enumeration and as compiled circuits.

Oracles: Aer's density matrix (`qnet.instrument`), polynomials of the code alone, faults put into
the circuits one by one as gates, and the definition of fault tolerance.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from qiskit import QuantumCircuit

from qnet import Gates
from qnet.codes import (
    Decoding,
    FaultyCircuit,
    PauliChannel,
    block_bell_measurement,
    code_of,
    encoded_pair_by_syndromes,
    encoded_pair_by_teleportation,
    fault_orders,
    faulty_logical_map,
    parity_distribution,
    prepared_block,
    verification,
)
from qnet.errors import ParameterError
from qnet.instrument import compile as compile_circuit

STEANE, SURFACE = code_of("steane"), code_of("surface-3")


def noise(p=1e-3):
    return Gates(
        single_qubit_depolarizing=p / 10,
        two_qubit_depolarizing=p,
        initialisation_depolarizing=p,
        readout_flip_0=p,
        readout_flip_1=p,
    )


def pairs(p=1e-3):
    return PauliChannel(p, p / 2, p)


CIRCUITS = {
    "Bell measurement, steane": (lambda g: block_bell_measurement(STEANE, g, pairs()), 2),
    "Bell measurement, surface": (lambda g: block_bell_measurement(SURFACE, g, pairs()), 2),
    "zero, bare": (lambda g: prepared_block(STEANE, g), 1),
    "zero, verified": (lambda g: prepared_block(STEANE, g, "Z", verification(STEANE, "Z")), 2),
    "plus, verified": (lambda g: prepared_block(STEANE, g, "X", verification(STEANE, "X")), 2),
    "pair, bare blocks": (
        lambda g: encoded_pair_by_teleportation(STEANE, g, pairs(), verified=False),
        1,
    ),
    "pair, verified blocks": (lambda g: encoded_pair_by_teleportation(STEANE, g, pairs()), 2),
    "pair, surface": (lambda g: encoded_pair_by_teleportation(SURFACE, g, pairs()), 2),
    "pair, checks measured once": (lambda g: encoded_pair_by_syndromes(STEANE, g, pairs()), 1),
}


@pytest.mark.parametrize("name", CIRCUITS)
def test_the_leading_power_is_that_of_fault_tolerance(name):
    """Oracle: the definition; the whole sum over any number of faults lies within the bounds."""
    build, power = CIRCUITS[name]
    found = fault_orders(build(noise()))
    assert found.leading_power == power
    assert (found.failing_singles > 0) is (power == 1)
    whole = faulty_logical_map(build(noise()))
    assert found.failure.low <= whole.failure <= found.failure.high
    assert found.accept.low - 1e-12 <= whole.accept <= found.accept.high + 1e-12


@pytest.mark.parametrize("name", ["zero, bare", "zero, verified", "pair, checks measured once"])
def test_the_logical_error_falls_with_that_power(name):
    """Oracle: noise ten times weaker, without errors of the pairs."""
    build, power = CIRCUITS[name]
    failures = []
    for p in (1e-4, 1e-5):
        circuit = build(noise(p))
        circuit = replace(circuit, idles=dict.fromkeys(circuit.idles, PauliChannel()))
        failures.append(faulty_logical_map(circuit).failure)
    assert np.log10(failures[0] / failures[1]) == pytest.approx(power, abs=0.02)


@pytest.mark.parametrize("name", ["repetition-3", "repetition-5", "steane", "513"])
def test_faults_of_the_readout_alone_are_the_codes_own_errors(name):
    """Oracle: the polynomials of the code, P-B2.1 and P-B2.2, for X and for Z apart."""
    p = 0.03
    gates = Gates(readout_flip_0=p, readout_flip_1=p)
    if name == "513":
        with pytest.raises(ParameterError, match="X alone and of Z alone"):
            block_bell_measurement(code_of(name), gates)
        return
    found = faulty_logical_map(block_bell_measurement(code_of(name), gates))
    wanted = {
        "repetition-3": 3 * p**2 - 2 * p**3,
        "repetition-5": 10 * p**3 - 15 * p**4 + 6 * p**5,
        "steane": 21 * p**2 - 98 * p**3 + 210 * p**4 - 252 * p**5 + 168 * p**6 - 48 * p**7,
    }[name]
    assert found.logical_x + found.logical_y == pytest.approx(wanted, rel=1e-9)


SMALL = {
    "Bell measurement": lambda g: block_bell_measurement(code_of("repetition-3"), g, pairs(0.05)),
    "zero": lambda g: prepared_block(code_of("repetition-3"), g, "Z", ("ZII", "IZI")),
    "plus": lambda g: prepared_block(STEANE, g, "X"),
    "pair": lambda g: encoded_pair_by_syndromes(code_of("repetition-3"), g, pairs(0.05)),
}


@pytest.mark.parametrize("name", SMALL)
def test_small_circuits_are_what_aer_compiles_them_to(name):
    """Oracle: Aer's density matrix of the same circuit under the same noise."""
    faulty = SMALL[name](noise(0.05))
    circuit = faulty.circuit
    found = compile_circuit(circuit, faulty.noise, inputs=[], outputs=[])
    wanted = np.zeros(1 << len(faulty.parities))
    for bits in itertools.product((0, 1), repeat=circuit.num_clbits):
        number = sum(bit << place for place, bit in enumerate(bits))
        chance = found.probability("".join(map(str, reversed(bits))))
        wanted[faulty.parity_values([number])[0]] += chance
    assert parity_distribution(faulty) == pytest.approx(wanted, abs=1e-12)


def test_detection_in_422_is_what_aer_compiles_it_to():
    """Oracle: Aer's density matrix of the Bell measurement of two blocks, all checks even."""
    code, n = code_of("422"), 4
    circuit = QuantumCircuit(2 * n, 2 * n)
    for one, two in zip(range(n), range(n, 2 * n), strict=True):
        circuit.h(one)
        circuit.cx(one, two)
        circuit.cx(one, two)
        circuit.h(one)
    circuit.measure(range(2 * n), range(2 * n))
    checks = (tuple(range(n)), tuple(range(n, 2 * n)))
    # Z Z of the pairs on the right qubits, X X on the left ones: logical words of the code.
    support = [
        [k for k in range(n) if word[k] != "I"] for word in (code.logical_z[0], code.logical_x[0])
    ]
    halves = (
        Decoding(
            error="X", detectors=(), logical=tuple(n + k for k in support[0]), corrections=(0,)
        ),
        Decoding(error="Z", detectors=(), logical=tuple(support[1]), corrections=(0,)),
    )
    faulty = FaultyCircuit(circuit=circuit, gates=noise(0.04), checks=checks, decodings=halves)
    found = compile_circuit(circuit, faulty.noise, inputs=[], outputs=[])
    wanted = np.zeros(16)
    for number in range(1 << 2 * n):
        text = format(number, f"0{2 * n}b")
        wanted[faulty.parity_values([number])[0]] += found.probability(text)
    assert parity_distribution(faulty) == pytest.approx(wanted, abs=1e-12)
    assert fault_orders(faulty).leading_power == 2


def test_faults_put_in_by_hand_flip_what_the_walk_says():
    """Oracle: Stim's or Aer's own run of the circuit with a Pauli gate after one operation."""
    from qiskit_aer import AerSimulator

    faulty = prepared_block(STEANE, noise(), "Z", verification(STEANE, "Z"))
    circuit, rng = faulty.circuit, np.random.default_rng(2)
    seen = 0
    for place in rng.choice(len(circuit.data), size=12, replace=False):
        step = circuit.data[place]
        if step.operation.name == "measure":
            continue
        for qubit, letter in itertools.product(step.qubits, "xz"):
            changed = circuit.copy_empty_like()
            for number, each in enumerate(circuit.data):
                changed.append(each)
                if number == place:
                    getattr(changed, letter)(qubit)
            run = AerSimulator(method="stabilizer", seed_simulator=1).run(changed, shots=1)
            (text,) = run.result().get_counts()
            value = faulty.parity_values([int(text, 2)])[0]
            chance = {"x": PauliChannel(x=1.0), "z": PauliChannel(z=1.0)}[letter]
            assert parity_distribution(with_fault(circuit, faulty, place, qubit, chance))[
                value
            ] == pytest.approx(1.0)
            seen += 1
    assert seen > 10


def with_fault(circuit, faulty, place, qubit, channel):
    from qiskit.circuit.library import IGate

    changed = circuit.copy_empty_like()
    for number, each in enumerate(circuit.data):
        changed.append(each)
        if number == place:
            changed.append(IGate(label="fault"), [qubit])
    return replace(faulty, circuit=changed, gates=Gates(), idles={"fault": channel})


@settings(max_examples=20, deadline=None)
@given(p=st.floats(0.0, 0.2), name=st.sampled_from(sorted(CIRCUITS)[:4]))
def test_distributions_are_distributions(p, name):
    faulty = CIRCUITS[name][0](noise(p))
    found = parity_distribution(faulty)
    assert found.sum() == pytest.approx(1.0)
    orders = fault_orders(faulty)
    assert sum(orders.kept) + orders.rest <= 1.0 + 1e-9
    assert 0.0 <= orders.failure.low <= orders.failure.high <= 1.0


def test_without_noise_nothing_fails():
    found = fault_orders(block_bell_measurement(STEANE, Gates()))
    assert (found.locations, found.leading_power, found.failure.high) == (0, None, 0.0)


def bit_circuit(*steps):
    circuit = QuantumCircuit(2, 2)
    for name, *rest in steps:
        getattr(circuit, name)(*rest)
    return circuit


HALF = Decoding(error="X", detectors=(), logical=(0,), corrections=(0,))
MEASURED = ("measure", 0, 0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Decoding(error="Y", detectors=(), logical=(0,), corrections=(0,)), "be X or Z"),
        (lambda: replace(HALF, corrections=(0, 1)), "1 entries"),
        (lambda: FaultyCircuit(circuit=bit_circuit(("t", 0))), "of Clifford gates"),
        (lambda: FaultyCircuit(circuit=bit_circuit(MEASURED, MEASURED)), "every bit once"),
        (
            lambda: FaultyCircuit(circuit=bit_circuit(MEASURED), gates=Gates(readout_flip_0=0.1)),
            "symmetric readout",
        ),
        (
            lambda: FaultyCircuit(
                circuit=bit_circuit(MEASURED), decodings=(replace(HALF, logical=(5,)),)
            ),
            "bits of the circuit",
        ),
        (
            lambda: FaultyCircuit(circuit=bit_circuit(MEASURED), checks=((0,),) * 21),
            "at most 20 parities",
        ),
        (lambda: FaultyCircuit(circuit=QuantumCircuit(1, 64)), "at most 63 recorded bits"),
        (lambda: encoded_pair_by_teleportation(code_of("513"), Gates()), "X alone and of Z alone"),
        (lambda: block_bell_measurement(code_of("422"), Gates()), "be one that corrects"),
        (lambda: verification(code_of("422"), "Z"), "be one that corrects"),
        (
            lambda: faulty_logical_map(
                FaultyCircuit(circuit=bit_circuit(MEASURED), decodings=(HALF, HALF))
            ),
            "one of X and one of Z",
        ),
        (
            lambda: fault_orders(
                FaultyCircuit(
                    circuit=bit_circuit(MEASURED),
                    gates=Gates(readout_flip_0=1.0, readout_flip_1=1.0),
                    decodings=(HALF,),
                )
            ),
            "a chance of no fault",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, words):
    with pytest.raises(ParameterError, match=words):
        make()
