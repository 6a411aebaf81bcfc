"""Links of nodes and presets: times, memories, modes, limits and refusals."""

import dataclasses
import math
import subprocess
import sys

import numpy as np
import pytest

from qnet.errors import ParameterError, UnknownNameError
from qnet.hardware import (
    PRESETS,
    Detector,
    Emitter,
    Fibre,
    FrequencyConversion,
    Memory,
    Node,
    PairSource,
    preset,
)
from qnet.links import (
    HeraldedAttempt,
    abstract_link,
    direct_link,
    double_click_link,
    heralds,
    midpoint_source_link,
    multiplexed,
    preset_link,
    single_click_link,
)
from qnet.plans import Link
from qnet.states import bell_weights, is_physical, werner


def attempt(transmission, **numbers):
    return HeraldedAttempt(transmission=transmission, **{"attempt_time_s": 1.0, **numbers})


def fidelity(link):
    return float(bell_weights(link.fano)[0])


NV_ATTEMPT = HeraldedAttempt(
    transmission=4e-4,
    attempt_time_s=5.5e-6,
    bright_state_population=0.3,
    visibility=0.9,
    phase_noise_deg=15.0,
    dark_count_probability=5e-7,
)


# --- times, memories, modes --------------------------------------------------------------------

LOSSLESS = Fibre(loss_db_per_km=0.0)
DEPHASING = Node(memory=Memory(t2_s=1e-3), emitter=Emitter(preparation_time_s=1e-5))


@pytest.mark.parametrize(
    ("make", "cycle_s", "storage_s"),
    [
        (double_click_link, 1e-5 + 1e-4, 2 * 1e-4),
        (direct_link, 1e-5 + 2e-4, 2e-4 + 1e-4),
        (midpoint_source_link, 1e-6, 2 * 1e-4),
    ],
)
def test_attempt_time_and_storage(make, cycle_s, storage_s):
    """Twenty kilometres are 0.1 ms; storage counts both memories."""
    node = dataclasses.replace(DEPHASING, source=PairSource(rate_hz=1e6))
    link = make(node, 20.0, fibre=LOSSLESS)

    assert link.attempt_time_s == pytest.approx(cycle_s)
    assert fidelity(link) == pytest.approx((1 + math.exp(-storage_s / 1e-3)) / 2, rel=1e-9)
    assert link.left == link.right == node.memory
    assert (link.length_km, link.signal_time_s) == (20.0, pytest.approx(1e-4))


def test_relaxation_during_the_wait_comes_before_the_correction():
    memory = Memory(t1_s=1e-3)
    link = double_click_link(attempt(0.5), 100.0, memory=memory)
    decay = memory.pauli_transfer(5e-4)
    entries = []
    for bell, signs in (((1, 1, 1, -1), (1, 1, -1, -1)), ((1, -1, -1, -1), (1, -1, 1, -1))):
        entries.append(decay @ np.diag(bell) @ decay.T * np.array(signs))

    np.testing.assert_allclose(link.fano, np.mean(entries, axis=0), atol=1e-12)


def test_numbers_given_outright_have_no_wait_without_a_length():
    memory = Memory(t2_s=1e-3, modes=4)
    near = double_click_link(attempt(0.5), memory=memory)
    far = double_click_link(attempt(0.5), 20.0, memory=memory)

    assert fidelity(near) == pytest.approx(1.0)
    assert fidelity(far) == pytest.approx((1 + math.exp(-0.2)) / 2, rel=1e-9)
    assert near.attempt_time_s == far.attempt_time_s == 1.0
    assert near.modes == 4
    assert double_click_link(attempt(0.5), memory=memory, modes=7).modes == 7


def test_efficiencies_of_a_node_multiply():
    node = Node(
        memory=Memory(efficiency=0.5),
        emitter=Emitter(collection_efficiency=0.4, window_acceptance=0.25),
        conversion=FrequencyConversion(efficiency=0.5),
        detector=Detector(efficiency=0.8),
        source=PairSource(pair_probability=0.1),
    )
    half, full = 10 ** (-0.2 * 10 / 10), 10 ** (-0.2 * 20 / 10)

    double = double_click_link(node, 20.0).success_probability
    source = midpoint_source_link(node, 20.0).success_probability
    direct = direct_link(node, 20.0).success_probability

    assert double == pytest.approx((0.16 * half) ** 2 / 2 * 0.25)
    assert source == pytest.approx(0.1 * (0.16 * 0.5 * half) ** 2 * 0.25)
    assert direct == pytest.approx(0.16 * 0.5 * full * 0.25)


@pytest.mark.parametrize("make", [single_click_link, midpoint_source_link, direct_link])
def test_noise_of_the_converter_is_false_clicks(make):
    """Without transmission only false clicks herald; two detectors share the noise of one arm."""
    dark, added = 1e-3, 2e-3
    node = Node(
        emitter=Emitter(collection_efficiency=0.0),
        detector=Detector(dark_count_probability=dark),
        conversion=FrequencyConversion(noise_probability=added),
        source=PairSource(),
    )
    share = added / 2 if make is direct_link else added
    click = 1 - (1 - dark) * (1 - share)
    expected = {
        single_click_link: 2 * click * (1 - click),
        midpoint_source_link: click**2,
        direct_link: 1 - (1 - click) ** 2,
    }[make]

    assert make(node, 1.0).success_probability == pytest.approx(expected, rel=1e-9)


def test_a_receiver_that_measures_at_once_does_not_wait():
    link = direct_link(DEPHASING, 20.0, fibre=LOSSLESS, receiver=Memory())

    assert link.right == Memory()
    assert fidelity(link) == pytest.approx((1 + math.exp(-0.2)) / 2, rel=1e-9)


def test_modes_of_a_source_share_its_rate():
    found = preset("rare-earth-multimode")
    link = midpoint_source_link(found, 1.0)
    one = midpoint_source_link(found, 1.0, modes=1)

    assert (link.modes, one.modes) == (62, 1)
    assert link.attempt_time_s == pytest.approx(25e-6)
    assert one.attempt_time_s == pytest.approx(25e-6 / 62)
    assert link.success_probability == one.success_probability


# --- presets and edges -------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_its_link(name):
    link = preset_link(preset(name), 10.0)

    assert isinstance(link, Link)
    assert link.name == preset(name).scheme
    assert 0.0 < link.success_probability < 1.0
    assert is_physical(link.fano, tolerance=1e-12)
    assert link.modes == preset(name).node.memory.modes


def test_the_bright_state_population_trades_rate_for_fidelity():
    found = preset("colour-centre")
    dim, bright = (single_click_link(found, 10.0, bright_state_population=a) for a in (0.02, 0.3))

    assert dim.success_probability < bright.success_probability
    assert fidelity(dim) > fidelity(bright)


@pytest.mark.parametrize(("kind", "overlap"), [("jitter", math.exp(-0.25)), ("drift", 1.0)])
def test_the_kind_of_phase_noise_comes_from_the_emitter(kind, overlap):
    """A double click sees jitter, with V exp(-sigma**2), and no drift."""
    emitter = Emitter(visibility=0.8, phase_noise_deg=math.degrees(0.5), phase_noise_kind=kind)
    link = double_click_link(Node(emitter=emitter), 1.0)

    assert fidelity(link) == pytest.approx((1 + 0.8 * overlap) / 2, rel=1e-9)


def test_phase_noise_is_jitter_unless_said_otherwise():
    assert Emitter().phase_noise_kind == attempt(0.1).phase_noise_kind == "jitter"
    for found in PRESETS.values():
        assert found.node.emitter.phase_noise_kind == "jitter"
        if found.node.emitter.phase_noise_deg > 0.0:
            assert "not modelled" not in found.sources["emitter.phase_noise_kind"]


@pytest.mark.parametrize(("eta", "alpha"), [(0.0, 0.1), (0.3, 0.0)])
@pytest.mark.parametrize("dark", [0.0, 1e-5])
def test_without_light_only_dark_counts_herald(eta, alpha, dark):
    numbers = attempt(eta, bright_state_population=alpha, dark_count_probability=dark)
    link = single_click_link(numbers)

    assert link.success_probability == pytest.approx(2 * dark * (1 - dark), rel=1e-9, abs=1e-25)
    assert fidelity(link) <= 0.5


def test_memories_that_are_always_bright_share_no_entanglement():
    link = single_click_link(attempt(0.1, bright_state_population=1.0))

    assert link.success_probability == pytest.approx(0.19)
    np.testing.assert_allclose(bell_weights(link.fano), [0, 0.5, 0.5, 0], atol=1e-12)


def test_double_click_without_light_never_heralds():
    assert double_click_link(attempt(0.0)).success_probability == pytest.approx(0.0, abs=1e-25)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: attempt(1.2), ParameterError, "transmission must lie in"),
        (lambda: attempt((0.1, 0.2, 0.3)), ParameterError, "transmission must be one number or"),
        (lambda: attempt(0.1, visibility=-1), ParameterError, "visibility must lie in"),
        (lambda: attempt(0.1, attempt_time_s=0), ParameterError, "attempt_time_s must be positive"),
        (lambda: attempt(0.1, phase_noise_deg=-1), ParameterError, "phase_noise_deg must not"),
        (
            lambda: attempt(0.1, phase_noise_kind="jiter"),
            UnknownNameError,
            r"phase_noise_kind must be one of .*'jiter'.*did you mean 'jitter'\?",
        ),
        (
            lambda: Emitter(phase_noise_kind="drfit"),
            UnknownNameError,
            r"phase_noise_kind must be one of .*'drfit'.*did you mean 'drift'\?",
        ),
        (lambda: Emitter(phase_noise_kind=None), UnknownNameError, "phase_noise_kind must be one"),
        (lambda: attempt(0.1, number_resolving=1), ParameterError, "number_resolving must be True"),
        (lambda: single_click_link(Node()), ParameterError, "length_km must be given"),
        (lambda: single_click_link(Node(), -1.0), ParameterError, "length_km must not be negative"),
        (lambda: single_click_link("siv", 1.0), ParameterError, "hardware must describe"),
        (
            lambda: single_click_link(attempt(0.1), bright_state_population=2.0),
            ParameterError,
            "bright_state_population must lie in",
        ),
        (lambda: midpoint_source_link(Node(), 1.0), ParameterError, "node.source must be given"),
        (lambda: direct_link(attempt((0.1, 0.2))), ParameterError, "transmission must be one"),
        (lambda: heralds("single-clik", Node(), 1.0), UnknownNameError, "did you mean"),
        (
            lambda: abstract_link(success_probability=0.1, fidelity=0.9, state=werner(1.0)),
            ParameterError,
            "state must be left out",
        ),
        (
            lambda: abstract_link(success_probability=0.1, fidelity=1.1),
            ParameterError,
            "fidelity must lie in",
        ),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_abstract_links():
    memory = Memory(t2_s=1.0)
    link = abstract_link(
        success_probability=0.1, attempt_time_s=2.0, fidelity=0.7, memory=memory, modes=3
    )

    np.testing.assert_allclose(link.fano, werner(0.6), atol=1e-15)
    assert link.ends == (memory, memory)
    assert (link.attempt_time_s, link.modes) == (2.0, 3)
    state = np.diag([1.0, 0.2, -0.1, 0.5])
    np.testing.assert_array_equal(abstract_link(success_probability=1.0, state=state).fano, state)
    np.testing.assert_array_equal(abstract_link(success_probability=1.0).fano, werner(1.0))
    assert multiplexed(link, 50).round_success_probability == pytest.approx(1 - 0.9**50)


def test_a_link_is_made_once():
    """Equal numbers give the link from the cache; equal stations serve all lengths."""
    from qnet.instrument import cache_info

    single_click_link(NV_ATTEMPT, 1.0)
    before = cache_info()
    single_click_link(dataclasses.replace(NV_ATTEMPT), 1.0)
    assert cache_info() == before
    single_click_link(dataclasses.replace(NV_ATTEMPT, transmission=3.21e-4), 1.0)
    assert cache_info().misses - before.misses == 2  # the two arms


def test_import_does_not_load_aer_or_matplotlib():
    code = (
        "import sys, qnet.links\n"
        "print(*({'qiskit_aer', 'matplotlib', 'scipy.stats'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
