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
    Abstract,
    Direct,
    DoubleClick,
    MidpointSource,
    SingleClick,
    scheme_of,
)
from qnet.plans import Link
from qnet.states import bell_weights, is_physical, werner
from tests.qnet.link_numbers import NV_ATTEMPT, attempt, fidelity

# --- times, memories, modes --------------------------------------------------------------------

LOSSLESS = Fibre(length_km=20.0, loss_db_per_km=0.0)
TEN, TWENTY = Fibre(length_km=10.0), Fibre(length_km=20.0)
DEPHASING = Node(memory=Memory(t2_s=1e-3), emitter=Emitter(preparation_time_s=1e-5))


@pytest.mark.parametrize(
    ("make", "cycle_s", "storage_s"),
    [
        (DoubleClick, 1e-5 + 1e-4, 2 * 1e-4),
        (Direct, 1e-5 + 2e-4, 2e-4 + 1e-4),
        (MidpointSource, 1e-6, 2 * 1e-4),
    ],
)
def test_attempt_time_and_storage(make, cycle_s, storage_s):
    """Twenty kilometres are 0.1 ms; storage counts both memories."""
    node = dataclasses.replace(DEPHASING, source=PairSource(rate_hz=1e6))
    link = make(node, LOSSLESS).link()

    assert link.attempt_time_s == pytest.approx(cycle_s)
    assert fidelity(link) == pytest.approx((1 + math.exp(-storage_s / 1e-3)) / 2, rel=1e-9)
    assert link.left == link.right == node.memory
    assert (link.length_km, link.signal_time_s) == (20.0, pytest.approx(1e-4))


def test_relaxation_during_the_wait_comes_before_the_correction():
    memory = Memory(t1_s=1e-3)
    link = DoubleClick(attempt(0.5), Fibre(length_km=100.0), memory=memory).link()
    decay = memory.pauli_transfer(5e-4)
    entries = []
    for bell, signs in (((1, 1, 1, -1), (1, 1, -1, -1)), ((1, -1, -1, -1), (1, -1, 1, -1))):
        entries.append(decay @ np.diag(bell) @ decay.T * np.array(signs))

    np.testing.assert_allclose(link.fano, np.mean(entries, axis=0), atol=1e-12)


def test_numbers_given_outright_have_no_wait_without_a_length():
    memory = Memory(t2_s=1e-3, modes=4)
    near = DoubleClick(attempt(0.5), memory=memory).link()
    far = DoubleClick(attempt(0.5), TWENTY, memory=memory).link()

    assert fidelity(near) == pytest.approx(1.0)
    assert fidelity(far) == pytest.approx((1 + math.exp(-0.2)) / 2, rel=1e-9)
    assert near.attempt_time_s == far.attempt_time_s == 1.0
    assert near.modes == 4
    assert DoubleClick(attempt(0.5), memory=memory, modes=7).link().modes == 7


def test_efficiencies_of_a_node_multiply():
    node = Node(
        memory=Memory(efficiency=0.5),
        emitter=Emitter(collection_efficiency=0.4, window_acceptance=0.25),
        conversion=FrequencyConversion(efficiency=0.5),
        detector=Detector(efficiency=0.8),
        source=PairSource(pair_probability=0.1),
    )
    half, full = 10 ** (-0.2 * 10 / 10), 10 ** (-0.2 * 20 / 10)

    double = DoubleClick(node, TWENTY).link().success_probability
    source = MidpointSource(node, TWENTY).link().success_probability
    direct = Direct(node, TWENTY).link().success_probability

    assert double == pytest.approx((0.16 * half) ** 2 / 2 * 0.25)
    assert source == pytest.approx(0.1 * (0.16 * 0.5 * half) ** 2 * 0.25)
    assert direct == pytest.approx(0.16 * 0.5 * full * 0.25)


@pytest.mark.parametrize("make", [SingleClick, MidpointSource, Direct])
def test_noise_of_the_converter_is_false_clicks(make):
    """Without transmission only false clicks herald; two detectors share the noise of one arm."""
    dark, added = 1e-3, 2e-3
    node = Node(
        emitter=Emitter(collection_efficiency=0.0),
        detector=Detector(dark_count_probability=dark),
        conversion=FrequencyConversion(noise_probability=added),
        source=PairSource(),
    )
    share = added / 2 if make is Direct else added
    click = 1 - (1 - dark) * (1 - share)
    expected = {
        SingleClick: 2 * click * (1 - click),
        MidpointSource: click**2,
        Direct: 1 - (1 - click) ** 2,
    }[make]

    assert make(node, TEN).link().success_probability == pytest.approx(expected, rel=1e-9)


def test_a_receiver_that_measures_at_once_does_not_wait():
    link = Direct(DEPHASING, LOSSLESS, receiver=Memory()).link()

    assert link.right == Memory()
    assert fidelity(link) == pytest.approx((1 + math.exp(-0.2)) / 2, rel=1e-9)


def test_modes_of_a_source_share_its_rate():
    found = preset("rare-earth-multimode")
    link = MidpointSource(found, TEN).link()
    one = MidpointSource(found, TEN, modes=1).link()

    assert (link.modes, one.modes) == (62, 1)
    assert link.attempt_time_s == pytest.approx(25e-6)
    assert one.attempt_time_s == pytest.approx(25e-6 / 62)
    assert link.success_probability == one.success_probability


# --- presets and edges -------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_its_link(name):
    link = scheme_of(preset(name), 10.0).link()

    assert isinstance(link, Link)
    assert link.name == preset(name).scheme
    assert 0.0 < link.success_probability < 1.0
    assert is_physical(link.fano, tolerance=1e-12)
    assert link.modes == preset(name).node.memory.modes


def test_the_bright_state_population_trades_rate_for_fidelity():
    found = preset("colour-centre")
    dim, bright = (SingleClick(found, TEN, bright_state_population=a).link() for a in (0.02, 0.3))

    assert dim.success_probability < bright.success_probability
    assert fidelity(dim) > fidelity(bright)


@pytest.mark.parametrize(("kind", "overlap"), [("jitter", math.exp(-0.25)), ("drift", 1.0)])
def test_the_kind_of_phase_noise_comes_from_the_emitter(kind, overlap):
    """A double click sees jitter, with V exp(-sigma**2), and no drift."""
    emitter = Emitter(visibility=0.8, phase_noise_deg=math.degrees(0.5), phase_noise_kind=kind)
    link = DoubleClick(Node(emitter=emitter), TEN).link()

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
    link = SingleClick(numbers).link()

    assert link.success_probability == pytest.approx(2 * dark * (1 - dark), rel=1e-9, abs=1e-25)
    assert fidelity(link) <= 0.5


def test_memories_that_are_always_bright_share_no_entanglement():
    link = SingleClick(attempt(0.1, bright_state_population=1.0)).link()

    assert link.success_probability == pytest.approx(0.19)
    np.testing.assert_allclose(bell_weights(link.fano), [0, 0.5, 0.5, 0], atol=1e-12)


def test_double_click_without_light_never_heralds():
    assert DoubleClick(attempt(0.0)).link().success_probability == pytest.approx(0.0, abs=1e-25)


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
        (lambda: SingleClick(Node()), ParameterError, "channel must be given"),
        (lambda: SingleClick(Node(), 1.0), ParameterError, "channel must be a channel"),
        (lambda: SingleClick("siv", TEN), ParameterError, "hardware must describe"),
        (
            lambda: SingleClick(attempt(0.1), bright_state_population=2.0),
            ParameterError,
            "bright_state_population must lie in",
        ),
        (lambda: MidpointSource(Node(), TEN), ParameterError, "node.source must be given"),
        (lambda: Direct(attempt((0.1, 0.2))), ParameterError, "transmission must be one"),
        (lambda: Direct(attempt(0.1), modes=0), ParameterError, "modes must be at least 1"),
        (
            lambda: Abstract(success_probability=0.1, fidelity=0.9, state=werner(1.0)),
            ParameterError,
            "state must be left out",
        ),
        (
            lambda: Abstract(success_probability=0.1, fidelity=1.1),
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
    link = Abstract(
        success_probability=0.1, attempt_time_s=2.0, fidelity=0.7, memory=memory, modes=3
    ).link()

    np.testing.assert_allclose(link.fano, werner(0.6), atol=1e-15)
    assert link.ends == (memory, memory)
    assert (link.attempt_time_s, link.modes) == (2.0, 3)
    state = np.diag([1.0, 0.2, -0.1, 0.5])
    np.testing.assert_array_equal(Abstract(success_probability=1.0, state=state).link().fano, state)
    np.testing.assert_array_equal(Abstract(success_probability=1.0).link().fano, werner(1.0))
    assert dataclasses.replace(link, modes=50).round_success_probability == pytest.approx(
        1 - 0.9**50
    )


def test_a_link_is_made_once():
    """Equal numbers give the link from the cache; equal stations serve all lengths."""
    from qnet.instrument import cache_info

    SingleClick(NV_ATTEMPT, TEN).link()
    before = cache_info()
    SingleClick(dataclasses.replace(NV_ATTEMPT), TEN).link()
    assert cache_info() == before
    SingleClick(dataclasses.replace(NV_ATTEMPT, transmission=3.21e-4), TEN).link()
    assert cache_info().misses - before.misses == 2  # the two arms


def test_import_loads_no_qiskit():
    code = (
        "import sys, qnet.links\n"
        "print(*({'qiskit', 'qiskit_aer', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
