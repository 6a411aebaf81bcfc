"""Photonic circuits: against Fock space, arithmetic, and Aer's own sampling."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, qasm3
from qiskit_aer import AerSimulator

from qnet.circuits.photonic import (
    beam_splitter,
    direct_transmission,
    double_click,
    double_herald,
    emission_to_memory,
    herald,
    midpoint_source,
    midpoint_station,
    photon_arm,
    single_click,
)
from qnet.circuits.photonic.elements import mode_overlap
from qnet.errors import MissingNoiseError, ParameterError, UnknownNameError
from qnet.hardware import Memory
from qnet.instrument import compile as compile_instrument
from qnet.links import DoubleClick, HeraldedAttempt
from qnet.noise import Noise
from qnet.noise.photonic import absorption_noise, interference_noise
from qnet.states import is_physical
from qnet.states.pauli import fano_from_density_matrix
from tests.qnet import fock_enumeration


def random_parameters(seed):
    """alpha and eta of both sides, V, phase in degrees, double excitation, efficiency, dark."""
    rng = np.random.default_rng(seed)
    alphas, etas = rng.uniform(0.05, 0.95, 2), rng.uniform(0.05, 1.0, 2)
    visibility, double, efficiency, dark = rng.uniform(0.0, 1.0, 4)
    return tuple(alphas), tuple(etas), visibility, rng.uniform(0, 90), double, efficiency, dark / 2


def single(alphas, etas, visibility, phase, double, efficiency, dark, **options):
    """The compiled circuit of one click."""
    circuit = single_click(alphas, visibility, **options)
    noise = interference_noise(
        transmission=etas,
        detector_efficiency=efficiency,
        dark_count_probability=dark,
        phase_noise_deg=phase,
        double_excitation_probability=double,
    )
    return compile_instrument(circuit, noise, outputs=circuit.qubits[:2])


# --- elements ----------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [2, 4])
def test_the_beam_splitter_is_the_exponential_of_its_generator_up_to_the_cut_off(levels):
    matrix = beam_splitter(levels).to_matrix()
    large = fock_enumeration.splitter().reshape((fock_enumeration.LEVELS,) * 4)

    np.testing.assert_allclose(matrix @ matrix.T, np.eye(levels**2), atol=1e-12)
    states = list(itertools.product(range(levels), repeat=2))
    for after, (left, right) in itertools.product(states, states):
        if left + right < levels:
            found = matrix[after[0] + levels * after[1], left + levels * right]
            assert found == pytest.approx(large[*after, left, right])


def test_what_does_not_fit_passes_the_beam_splitter_unchanged():
    column = beam_splitter(4).to_matrix()[:, 3 + 4 * 3]

    assert column[3 + 4 * 3] == 1.0
    with pytest.raises(ParameterError, match="levels must be at least 2"):
        beam_splitter(1)


def test_mode_overlap_is_unitary_and_refuses_what_is_no_visibility():
    matrix = mode_overlap(0.3).to_matrix()

    np.testing.assert_allclose(matrix @ matrix.T, np.eye(4), atol=1e-15)
    with pytest.raises(ParameterError, match="visibility"):
        mode_overlap(1.1)


@pytest.mark.parametrize("visibility", [0.0, 0.37, 0.9, 1.0])
def test_hong_ou_mandel_dip(visibility):
    """Two photons leave by different outputs with probability (1 - V)/2; by one, equally often."""
    both = single((1.0, 1.0), (1.0, 1.0), visibility, 0.0, 0.0, 1.0, 0.0)

    def p(plus, minus):
        return both.probability({"clicks_plus": plus, "clicks_minus": minus})

    assert p("01", "01") == pytest.approx((1 - visibility) / 2, abs=1e-12)
    assert p("10", "00") == pytest.approx((1 + visibility) / 4, abs=1e-12)
    assert p("00", "10") == pytest.approx((1 + visibility) / 4, abs=1e-12)


@pytest.mark.parametrize("sigma_deg", [0.0, 15.0, 70.0])
def test_jitter_fills_the_hong_ou_mandel_dip_and_drift_does_not(sigma_deg):
    """Each photon of a pair takes the drift of its arm: together a global phase."""
    depth = {"jitter": 0.9 * math.exp(-(math.radians(sigma_deg) ** 2)), "drift": 0.9}
    for kind, dip in depth.items():
        numbers = HeraldedAttempt(
            transmission=1.0,
            attempt_time_s=1.0,
            visibility=0.9,
            phase_noise_deg=sigma_deg,
            phase_noise_kind=kind,
        )
        both = single((1.0, 1.0), (1.0, 1.0), numbers.overlap, numbers.drift_deg, 0.0, 1.0, 0.0)
        found = both.probability({"clicks_plus": "01", "clicks_minus": "01"})
        assert found == pytest.approx((1 - dip) / 2, abs=1e-12)


def test_emission_entangles_memory_and_photon():
    np.testing.assert_allclose(
        fano_from_density_matrix(emission_to_memory(0.5)), np.diag([1, 1, -1, 1]), atol=1e-12
    )
    weak = fano_from_density_matrix(emission_to_memory(0.1))
    assert weak[3, 0] == pytest.approx(0.8)
    assert weak[1, 1] == pytest.approx(2 * math.sqrt(0.09))


def test_an_arm_loses_photons_and_phase():
    circuit = photon_arm("right", 0.5)
    sigma = math.radians(20.0)
    noise = interference_noise(
        transmission=(1.0, 0.36), phase_noise_deg=20.0, double_excitation_probability=0.1
    )
    pair = compile_instrument(circuit, noise).channel().reshape(4, 4)

    assert pair[1, 1] == pytest.approx(0.6 * math.exp(-(sigma**2) / 2) * 0.9, abs=1e-12)
    assert (1 - pair[0, 3]) / 2 == pytest.approx(0.18, abs=1e-12)
    with pytest.raises(UnknownNameError):
        photon_arm("middle")


# --- one click ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["jitter", "drift"])
def test_every_outcome_of_one_click_agrees_with_the_fock_enumeration(seed, kind):
    alphas, etas, visibility, phase, *detection = random_parameters(seed)
    numbers = HeraldedAttempt(
        transmission=etas,
        attempt_time_s=1.0,
        visibility=visibility,
        phase_noise_deg=phase,
        phase_noise_kind=kind,
    )
    instrument = single(alphas, etas, numbers.overlap, numbers.drift_deg, *detection)
    sigma = math.radians(phase)
    oracle = fock_enumeration.clicks(alphas, etas, visibility, sigma, kind, *detection)

    total = 0.0
    for outcome in instrument.outcomes():
        counts = int(outcome["clicks_plus"], 2), int(outcome["clicks_minus"], 2)
        expected = oracle.get(counts, np.zeros((4, 4)))
        found = instrument.matrix(outcome).reshape(4, 4)
        # The oracle writes left first, Qiskit's matrices have the first qubit last.
        swapped = expected.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
        p = float(np.trace(expected).real)
        total += float(found[0, 0])
        assert found[0, 0] == pytest.approx(p, abs=1e-12)
        if p > 0:
            fano = p * fano_from_density_matrix(swapped / p)
            np.testing.assert_allclose(found, fano, atol=1e-12)
            assert is_physical(found / found[0, 0])
    assert total == pytest.approx(1.0, abs=1e-12)


def test_losses_may_be_counted_before_or_behind_the_beam_splitter():
    _, _, visibility, phase, double, _, dark = random_parameters(11)
    rest = visibility, phase, double
    behind = single((0.3, 0.6), (0.5, 0.8), *rest, 0.25, dark)
    before = single((0.3, 0.6), (0.125, 0.2), *rest, 1.0, dark)

    for outcome in before.outcomes():
        np.testing.assert_allclose(behind.matrix(outcome), before.matrix(outcome), atol=1e-12)


def test_memories_wait_for_the_herald():
    memory = Memory(t1_s=3e-3, t2_s=1e-3)
    circuit = single_click(0.2, latency_s=2e-4)
    noise = interference_noise(
        transmission=(0.5, 0.5), memories={"memory_left": memory, "memory_right": memory}
    )
    waited = compile_instrument(circuit, noise, outputs=circuit.qubits[:2])
    fresh = single((0.2, 0.2), (0.5, 0.5), 1.0, 0.0, 0.0, 1.0, 0.0)
    decay = memory.pauli_transfer(2e-4)

    for outcome in fresh.outcomes():
        pair = fresh.matrix(outcome).reshape(4, 4)
        found = waited.matrix(outcome).reshape(4, 4)
        np.testing.assert_allclose(found, decay @ pair @ decay.T, atol=1e-12)


def test_the_rules_of_the_controller():
    counts = list(itertools.product(range(4), repeat=2))
    threshold = {c: herald(*c) for c in counts}
    resolving = {c: herald(*c, number_resolving=True) for c in counts}

    assert {c for c, said in threshold.items() if said == "X"} == {(1, 0), (2, 0), (3, 0)}
    assert {c for c, said in threshold.items() if said == "Y"} == {(0, 1), (0, 2), (0, 3)}
    assert {c: said for c, said in resolving.items() if said} == {(1, 0): "X", (0, 1): "Y"}
    assert [double_herald(*p) for p in itertools.product("XY", repeat=2)] == ["X", "Y", "Y", "X"]
    assert double_herald(None, "X") is double_herald("Y", None) is None


# --- two clicks --------------------------------------------------------------------------------

SHOTS = 10_000


def test_two_rounds_shot_by_shot():
    """Aer samples losses and darks as Kraus operators, the compiled rounds are composed."""
    etas, visibility, dark = (0.7, 0.9), 0.8, 0.05
    noise = interference_noise(
        transmission=etas, dark_count_probability=dark, double_excitation_probability=0.1
    )
    circuit = double_click(visibility)
    result = ClassicalRegister(2, "result")
    circuit.add_register(result)
    circuit.h(circuit.qubits[:2])
    circuit.measure(circuit.qubits[:2], result)
    simulator = AerSimulator(noise_model=noise.model, seed_simulator=5, max_parallel_threads=1)
    counts = simulator.run(circuit, shots=SHOTS).result().get_counts()
    sampled = Counter()
    for text, count in counts.items():
        xx, minus_2, plus_2, minus_1, plus_1 = (int(part, 2) for part in text.split())
        said = double_herald(herald(plus_1, minus_1), herald(plus_2, minus_2))
        sampled[said, (-1) ** xx.bit_count() if said else 0] += count

    expected = {}
    for said, pair in _two_rounds(etas, visibility, dark, 0.1).items():
        if said is None:
            expected[said, 0] = pair[0, 0]
        else:
            expected |= {(said, sign): (pair[0, 0] + sign * pair[1, 1]) / 2 for sign in (1, -1)}

    assert set(sampled) == set(expected)
    for key, p in expected.items():
        assert abs(sampled[key] - SHOTS * p) <= 5 * math.sqrt(SHOTS * p * (1 - p)), key


def _two_rounds(etas, visibility, dark, double):
    """The unnormalised pair of each verdict, from two whole rounds and `Instrument.then`."""
    noise = interference_noise(
        transmission=etas, dark_count_probability=dark, double_excitation_probability=double
    )
    first = single_click(0.5, visibility)
    second = _second_round(visibility)
    rounds = compile_instrument(first, noise, outputs=first.qubits[:2]).then(
        compile_instrument(second, noise, inputs=second.qubits[:2], outputs=second.qubits[:2])
    )
    verdicts = {}
    for outcome in rounds.outcomes():
        counts = {name: int(bits, 2) for name, bits in outcome.items()}
        said = double_herald(
            herald(counts["clicks_plus"], counts["clicks_minus"]),
            herald(counts["clicks_plus_2"], counts["clicks_minus_2"]),
        )
        verdicts[said] = verdicts.get(said, 0) + rounds.matrix(outcome).reshape(4, 4)
    return verdicts


def _second_round(visibility):
    """Memories as inputs, flipped; they emit again, and the station measures."""
    station = midpoint_station(visibility, "_2")
    circuit = QuantumCircuit(*single_click().qregs, *station.cregs)
    for side, (memory, photon) in {"left": (0, 2), "right": (1, 4)}.items():
        circuit.compose(photon_arm(side), [memory, photon], inplace=True)
    return circuit.compose(station, circuit.qubits[2:], circuit.clbits)


def test_the_link_composes_to_two_whole_rounds():
    etas, visibility, dark, double = (0.2, 0.6), 0.7, 0.1, 0.3
    whole = _two_rounds(etas, visibility, dark, double)
    attempt = HeraldedAttempt(
        transmission=etas,
        attempt_time_s=1.0,
        visibility=visibility,
        dark_count_probability=dark,
        double_excitation_probability=double,
    )
    found = {"X": 0.0, "Y": 0.0}
    for entry in DoubleClick(attempt).heralds():
        found[entry.correction] += entry.probability * entry.fano

    np.testing.assert_allclose(found["X"], whole["X"] * [1, 1, -1, -1], atol=1e-10)
    np.testing.assert_allclose(found["Y"], whole["Y"] * [1, -1, 1, -1], atol=1e-10)


def test_two_rounds_draw_and_export():
    circuit = double_click(0.9, latency_s=1e-4)
    loaded = qasm3.loads(qasm3.dumps(circuit))
    drawing = str(circuit.draw("text"))

    assert [r.name for r in loaded.cregs] == [r.name for r in circuit.cregs]
    assert loaded.count_ops()["reset"] == circuit.count_ops()["reset"] == 6
    assert loaded.count_ops()["cx"] == circuit.count_ops()["cx"]
    for label in ("fibre_left", "fibre_right", "beam_splitter", "detector", "emission"):
        assert label in drawing


# --- memories that absorb ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_midpoint_source_by_arithmetic(seed):
    """True heralds carry the source's Werner state, false ones the state of their halves."""
    eta_l, eta_r, emitted, w, false = np.random.default_rng(seed).uniform(0.1, 0.9, 5)
    circuit = midpoint_source()
    noise = absorption_noise(
        transmission=(eta_l, eta_r),
        pair_probability=emitted,
        pair_fidelity=(1 + 3 * w) / 4,
        false_herald_probability=false,
    )
    instrument = compile_instrument(circuit, noise, outputs=circuit.qubits[4:])
    pair = instrument.matrix({"herald_left": 1, "herald_right": 1}).reshape(4, 4)
    said_l, said_r = (eta + (1 - eta) * false for eta in (eta_l, eta_r))
    p = emitted * said_l * said_r + (1 - emitted) * false**2

    assert pair[0, 0] == pytest.approx(p, abs=1e-12)
    true = emitted * eta_l * eta_r * w
    np.testing.assert_allclose(pair, np.diag([p, true, -true, true]), atol=1e-12)
    assert instrument.channel()[0, 0] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("eta", "dark"), [(0.3, 0.01), (1e-4, 1e-6), (0.0, 1e-3), (1.0, 0.2)])
def test_direct_transmission_as_luong_et_al(eta, dark):
    """Success and alpha(eta) of arXiv:1508.02811, with the two detectors' dark counts."""
    circuit = direct_transmission()
    noise = absorption_noise(
        transmission=eta,
        false_herald_probability=1 - (1 - dark) ** 2,
        scrambling_probability=dark,
    )
    ends = [circuit.qubits[0], circuit.qubits[3]]
    pair = compile_instrument(circuit, noise, outputs=ends).matrix({"herald": 1}).reshape(4, 4)
    success = 1 - (1 - eta) * (1 - dark) ** 2
    alpha = eta * (1 - dark) / success

    assert pair[0, 0] == pytest.approx(success, rel=1e-9)
    np.testing.assert_allclose(
        pair / pair[0, 0], np.diag([1, alpha, -alpha, alpha]), rtol=1e-9, atol=1e-12
    )


def test_without_noise_every_absorption_heralds_phi_plus():
    for circuit, ends in ((midpoint_source(), (4, 5)), (direct_transmission(), (0, 3))):
        outputs = [circuit.qubits[k] for k in ends]
        instrument = compile_instrument(circuit, outputs=outputs)
        pair = instrument.matrix("1" * circuit.num_clbits).reshape(4, 4)
        np.testing.assert_allclose(pair, np.diag([1, 1, -1, 1]), atol=1e-12)


# --- noise -------------------------------------------------------------------------------------


def test_noise_names_every_label():
    """Nothing runs noiseless by oversight: each circuit compiles without declaring more."""
    idle = dict.fromkeys(("memory_left", "memory_right", "sender", "receiver"), Memory(t2_s=1.0))
    for noise, circuits in (
        (interference_noise(memories=idle), (single_click(latency_s=1e-3),)),
        (
            absorption_noise(memories=idle),
            (midpoint_source(latency_s=1e-3), direct_transmission(latency_s=1e-3)),
        ),
    ):
        for circuit in circuits:
            full = compile_instrument(circuit, noise, outputs=circuit.qubits[:1]).channel()
            assert full[0, 0] == pytest.approx(1.0, abs=1e-12)
    bare = Noise(model=interference_noise().model, perfect={"ry"})
    with pytest.raises(MissingNoiseError, match="emission"):
        compile_instrument(single_click(), bare)


@pytest.mark.parametrize(
    ("function", "options", "field"),
    [
        (interference_noise, {"transmission": (1.5, 0.1)}, "fibre_left"),
        (interference_noise, {"detector_efficiency": -0.1}, "detector_efficiency"),
        (interference_noise, {"phase_noise_deg": -1.0}, "phase_noise_deg"),
        (absorption_noise, {"transmission": 2.0}, "fibre"),
        (absorption_noise, {"pair_fidelity": 1.2}, "pair_fidelity"),
        (absorption_noise, {"false_herald_probability": -1.0}, "false_herald_probability"),
        (emission_to_memory, {"bright_state_population": 1.2}, "bright_state_population"),
        (single_click, {"latency_s": -1.0}, "latency_s"),
    ],
)
def test_what_is_no_probability_is_refused(function, options, field):
    with pytest.raises(ParameterError, match=field):
        function(**options)
