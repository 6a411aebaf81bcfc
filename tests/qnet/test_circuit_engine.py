"""The circuit engine: form of the joint circuit, results, refusals; the table of agreement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qiskit import ClassicalRegister, qasm3
from qiskit_aer import AerSimulator

from protocols import nested, pumped, recurrence, swap_asap
from qnet import (
    Distill,
    EngineError,
    Gates,
    Link,
    Memory,
    Multiplex,
    ParameterError,
    Station,
    Swap,
    play,
)
from qnet.circuits import frame_flips, frame_product, pauli_frame
from qnet.engines.agree import Comparison, agree
from qnet.engines.circuit import build_chain, chain_circuit, joint_state, play_circuit
from qnet.engines.sampled import delivery, play_sampled
from qnet.engines.timeline import records
from qnet.estimate import Estimate
from qnet.instrument import density_matrix, with_noise
from qnet.metrics.figures import figures_in
from qnet.noise.idle import delay_s
from qnet.states import fano_from_density_matrix, fidelity, werner

MEMORY = Memory(depolarizing_time_s=20.0)
LINK = Link(
    success_probability=0.3,
    attempt_time_s=1.0,
    state=werner(0.95),
    left=MEMORY,
    right=MEMORY,
    length_km=1e5,
)
GATES = Gates(two_qubit_depolarizing=0.02, readout_time_s=0.25)
STATION = Station(gates=GATES)


def registers(circuit):
    return [r.name for r in circuit.qregs], [r.name for r in circuit.cregs]


def test_registers_of_a_chain():
    circuit = chain_circuit(delivery(nested([LINK] * 3), seed=1))
    qubits, bits = registers(circuit)
    assert qubits == [f"{side}_{k}" for k in (1, 2, 3) for side in ("left", "right")]
    assert bits == ["bsm_1", "bsm_2"]
    assert circuit.count_ops()["if_else"] == 4


def test_registers_of_a_frame_chain():
    circuit = chain_circuit(delivery(swap_asap([LINK] * 3), seed=1))
    qubits, bits = registers(circuit)
    assert set(qubits) == {f"{s}_{k}" for k in (1, 2, 3) for s in ("left", "right")} | {"frame"}
    assert bits == ["bsm_1", "bsm_2", "frame_bits"]


def test_registers_of_copies():
    plan = recurrence(swap_asap([LINK] * 2), rounds=2)
    chain = build_chain(delivery(plan, seed=1))
    qubits, bits = registers(chain.circuit)
    copies = ("aa", "ab", "ba", "bb")
    pairs = {f"{side}_{k}{copy}" for side in ("left", "right") for k in (1, 2) for copy in copies}
    assert set(qubits) == pairs | {f"frame{copy}" for copy in copies}
    assert chain.comparisons == (("alice_1", "bob_1"), ("alice_2", "bob_2"), ("alice_3", "bob_3"))
    assert {name for pair in chain.comparisons for name in pair} <= set(bits)


def test_two_frames_of_one_copy_have_names_of_their_own():
    inner = swap_asap([LINK] * 2)
    circuit = chain_circuit(delivery(Swap(left=inner, right=inner), seed=1))
    assert {"frame", "frame_2"} < set(registers(circuit)[0])


@pytest.mark.parametrize(
    "plan",
    [
        nested([LINK] * 4, stations=STATION, classical_latency=True),
        swap_asap([LINK] * 4, stations=STATION, classical_latency=True),
        recurrence(LINK, gates=GATES, classical_latency=True),
    ],
)
def test_every_qubit_waits_from_its_herald_until_it_is_used(plan):
    """Sum of the delays of a qubit = lifetime of its elementary pair's half, from the timeline."""
    draw = delivery(plan, seed=5)
    circuit = chain_circuit(draw)
    delays = dict.fromkeys(circuit.qubits, 0.0)
    for instruction in circuit.data:
        if instruction.operation.name == "delay":
            delays[instruction.qubits[0]] += delay_s(instruction.operation)
    by_pair = {record.pair: record for record in records(draw)}

    def until(record, side):
        """When this half is measured or handed over: it may live on in the pair made of it."""
        last = record
        while "." in last.pair:
            parent = by_pair[last.pair.rpartition(".")[0]]
            lives_on = last.left_node == parent.left_node
            if side == "right":
                lives_on = last.right_node == parent.right_node
            if parent.step == "distill" and not last.pair.endswith(".0"):
                lives_on = False
            if not lives_on:
                break
            last = parent
        return getattr(last, f"{side}_until_s")

    lifetimes = [
        until(record, side) - record.ready_s
        for record in by_pair.values()
        if record.step == "link"
        for side in ("left", "right")
    ]
    pairs = [q for q in circuit.qubits if circuit.find_bit(q).registers[0][0].name != "frame"]
    assert sorted(delays[q] for q in pairs) == pytest.approx(sorted(lifetimes))


def test_the_pumped_pair_waits_and_fresh_ones_do_not():
    draw = delivery(pumped(LINK, steps=2, gates=GATES), seed=5)
    circuit = chain_circuit(draw)
    delays = dict.fromkeys(circuit.qubits, 0.0)
    for instruction in circuit.data:
        if instruction.operation.name == "delay":
            delays[instruction.qubits[0]] += delay_s(instruction.operation)
    lifetime = float(draw.time[0]) - next(iter(records(draw))).ready_s
    assert list(delays.values()) == pytest.approx([lifetime] * 2 + [0.0] * 4)


def test_an_ideal_pair_is_only_a_bell_pair():
    link = replace(LINK, state=werner(1.0))
    assert dict(chain_circuit(delivery(link, seed=1)).count_ops()) == {"h": 1, "cx": 1}


def test_the_circuit_exports_when_the_pairs_are_ideal():
    link = replace(LINK, state=werner(1.0))
    text = qasm3.dumps(chain_circuit(delivery(nested([link] * 2), seed=1)))
    assert "bit[2] bsm_1" in text
    assert "if (bsm_1[0])" in text


@pytest.mark.parametrize("build", [nested, swap_asap])
def test_without_feed_forward_the_frame_is_the_product_of_the_outcomes(build):
    """Bits with the frame applied have the correlators of the corrected pair."""
    plan = build([LINK] * 3, stations=STATION)
    draw = delivery(plan, seed=3)
    chain = build_chain(draw, feed_forward=False)
    assert "if_else" not in chain.circuit.count_ops()
    circuit, model = with_noise(chain.circuit, chain.noise)
    ends = ClassicalRegister(2, "ends")
    circuit.add_register(ends)
    circuit.measure([chain.left, chain.right], ends)
    simulator = AerSimulator(method="statevector", seed_simulator=1, max_parallel_threads=1)
    counts = simulator.run(circuit, noise_model=model, shots=4000).result().get_counts()
    total = 0
    for key, number in counts.items():
        end_bits, second, first = key.split()
        frame = frame_product(pauli_frame(first), pauli_frame(second))
        odd = (end_bits in ("01", "10")) != frame_flips(frame, "Z")
        total += -number if odd else number
    zz = joint_state(draw)[3, 3]
    assert abs(total / 4000 - zz) < 5.0 * np.sqrt((1.0 - zz**2) / 4000)


def test_verdict_qubit_tells_how_often_distillation_is_accepted():
    """Two Werner pairs without noise: N = (A + B)^2 + (C + D)^2 (Deutsch et al. 1996)."""
    plan = recurrence(replace(LINK, left=Memory(), right=Memory()))
    chain = build_chain(delivery(plan, seed=1), verdict=True)
    rejected = density_matrix(chain.circuit, chain.noise, [chain.rejected]).data[1, 1].real
    f, e = (1 + 3 * 0.95) / 4, (1 - 0.95) / 4
    assert rejected == pytest.approx(1.0 - (f + e) ** 2 - (2 * e) ** 2, abs=1e-12)


def test_joint_state_of_ideal_werner_chain():
    """Swapping multiplies Werner parameters (Briegel et al. 1998)."""
    link = replace(LINK, left=Memory(), right=Memory())
    for build in (nested, swap_asap):
        joint = joint_state(delivery(build([link] * 12), seed=1))
        np.testing.assert_allclose(joint, werner(0.95**12), atol=1e-12)


@pytest.mark.parametrize(
    "plan",
    [
        swap_asap([LINK] * 3, stations=STATION),
        Swap(left=replace(LINK, left=Memory(t1_s=30.0)), right=LINK, station=STATION),
        recurrence(LINK, gates=GATES),
        Multiplex(pair=LINK, copies=2),
    ],
)
def test_same_moments_as_the_sampled_engine(plan):
    one = play_circuit(plan, shots=5, seed=9)
    other = play_sampled(plan, shots=5, seed=9)
    assert one.engine == "circuit"
    np.testing.assert_allclose(one.moments.mean, other.moments.mean, rtol=0, atol=1e-10)
    np.testing.assert_allclose(one.mean_fano, other.mean_fano, rtol=0, atol=1e-10)


def test_the_result_does_not_depend_on_the_number_of_workers():
    plan = swap_asap([LINK] * 2, stations=STATION)
    seen = []
    one = play(plan, shots=4, seed=2, engine="circuit", progress=lambda *at: seen.append(at))
    two = play(plan, shots=4, seed=2, engine="circuit", workers=2)
    np.testing.assert_array_equal(one.moments.mean, two.moments.mean)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_refusals_name_the_sampled_engine():
    deep = recurrence(LINK, scheme="double-selection", rounds=3)
    with pytest.raises(EngineError, match="sampled engine"):
        joint_state(delivery(deep, seed=1))
    with pytest.raises(EngineError, match=r"needs 4 qubits, more than 3.*sampled engine"):
        chain_circuit(delivery(nested([LINK] * 2), seed=1), max_qubits=3)
    with pytest.raises(EngineError, match="feed_forward"):
        chain_circuit(delivery(Distill(pair=nested([LINK] * 2)), seed=1), feed_forward=False)


def test_only_one_delivery_at_a_time():
    draw = delivery(LINK, seed=1).take(np.array([0, 0]))
    with pytest.raises(ParameterError, match="hold one delivery"):
        joint_state(draw)


def test_a_link_described_by_a_density_matrix_can_be_changed():
    """What a link stores is a description of its state again."""
    rho = np.array([[0.5, 0, 0, 0.44], [0, 0.03, 0, 0], [0, 0, 0.07, 0], [0.44, 0, 0, 0.4]])
    fano = fano_from_density_matrix(rho)
    fano[0, 0] -= 2e-16  # as rounding leaves it
    for state in (fano, rho.astype(complex) * (1.0 - 4e-16)):
        link = replace(LINK, state=state)
        assert link.fano[0, 0] == 1.0
        assert replace(link, success_probability=0.5).state == link.state


def test_agreement_of_a_plan_on_both_engines():
    table = agree(swap_asap([LINK] * 2, stations=STATION), shots=400, seed=3, circuit_shots=40)
    assert table.holds
    assert {c.figure for c in table.comparisons} == set(figures_in("agree"))
    assert len(table.deviations) == 3
    assert table.largest_deviation < 1e-12
    assert str(table).endswith("the engines agree")
    assert "fidelity         circuit" in str(table)


def test_disagreement_is_found(monkeypatch):
    monkeypatch.setattr("qnet.engines.agree.composed_state", lambda draw: werner(0.9))
    table = agree(LINK, shots=20, seed=3)
    assert table.largest_deviation == pytest.approx(0.05)
    assert not table.holds
    assert str(table).endswith("the engines disagree")


def test_agreement_lists_what_cannot_be_played():
    plan = recurrence(LINK, scheme="double-selection", rounds=3)
    table = agree(plan, shots=5, seed=1)
    assert [name for name, _ in table.refusals] == ["circuit", "joint density matrix"]
    assert {comparison.engine for comparison in table.comparisons} == {"exact"}
    alone = agree(plan, shots=5, seed=1, engines=["circuit"])
    assert str(alone).endswith("nothing could be compared")


def test_difference_in_standard_errors():
    def comparison(one, two):
        return Comparison(figure="f", engine="e", reference=one, value=two).standard_errors

    sigma = 1.959963984540054
    wide = Estimate(-3.0 * sigma, 0.0, 3.0 * sigma, 10)
    other = Estimate(10.0 - 4.0 * sigma, 10.0, 10.0 + 4.0 * sigma, 10)
    assert comparison(wide, other) == pytest.approx(2.0)
    assert comparison(other, wide) == pytest.approx(-2.0)
    assert comparison(Estimate.exact(1.0), Estimate.exact(1.0 + 1e-12)) == 0.0
    assert comparison(Estimate.exact(1.0), Estimate.exact(1.1)) == np.inf


def test_fidelity_of_a_single_link():
    result = play_circuit(LINK, shots=2, seed=1)
    assert result.fidelity.best == pytest.approx(float(fidelity(werner(0.95))))
