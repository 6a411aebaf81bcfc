"""The numbers of ``qnet explore`` against closed forms, other builders and ``qnet run``."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest

from experiments.explore import Controls, work_out
from experiments.explore.chain.controls import (
    BOUNDS,
    CURVES,
    IMPROVEMENTS,
    OFF,
    PERFECT,
    SCALES,
    STARTS,
    choices,
)
from experiments.explore.chain.diagram import diagram
from experiments.explore.chain.point import on_longer_steps, why_no_key
from experiments.scenario import loads
from protocols.planning.optimise import Candidate, Problem
from qnet.engines.exact import play_exact
from qnet.engines.result import Key
from qnet.errors import ParameterError
from qnet.hardware import PRESETS, Gates, improved

#: Perfect hardware over 20 km: double clicks succeed half the time, a herald takes 50 us a link.
IDEAL = Controls(
    hardware="ideal",
    distance_km=20.0,
    segments=2,
    t2_s=math.inf,
    gate_error=0.0,
    cutoff_s=None,
    latency=False,
)
ATTEMPT_S, P = 10.0 / 2e5, 0.5


def best(found, name):
    return found["figures"][name]["best"]


def test_two_segments_with_dephasing():
    """(3 - 2p) / (p (2 - p)) attempts, and formula 2.1 of D. Luong et al., Appl. Phys. B 122, 96.

    A stored pair dephases at both ends, as both links did before while they waited for the herald;
    the error rate in X is (1 - mean coherence) / 2 and there is none in Z.
    """
    t2_s = 1e-3
    found = work_out(replace(IDEAL, t2_s=t2_s))
    attempts = (3 - 2 * P) / (P * (2 - P))
    alpha = 2 * ATTEMPT_S / t2_s
    waits = P / (2 - P) * (2 / (1 - (1 - P) * math.exp(-alpha)) - 1)
    coherence = math.exp(-2 * alpha) * waits
    assert best(found, "rate_hz") == pytest.approx(1 / (attempts * ATTEMPT_S), rel=1e-8)
    assert best(found, "qber_x") == pytest.approx((1 - coherence) / 2, rel=1e-8)
    assert best(found, "qber_z") == pytest.approx(0.0, abs=1e-12)
    assert best(found, "fidelity") == pytest.approx((1 + coherence) / 2, rel=1e-8)
    x = (1 - coherence) / 2
    fraction = 1 + x * math.log2(x) + (1 - x) * math.log2(1 - x)
    key = best(found, "rate_hz") * fraction
    assert best(found, "secret_key_rate_hz") == pytest.approx(key, rel=1e-7)
    assert found["grid"]["is_coarse"] is False


def test_four_segments_wait_for_the_slowest():
    """Mean of the longest of four geometric times: inclusion and exclusion over the links."""
    found = work_out(replace(IDEAL, distance_km=40.0, segments=4))
    longest = sum((-1) ** (j + 1) * math.comb(4, j) / (1 - (1 - P) ** j) for j in range(1, 5))
    assert best(found, "delivery_time_s") == pytest.approx(longest * ATTEMPT_S, rel=1e-8)
    assert best(found, "fidelity") == pytest.approx(1.0)


def test_difference_cutoff():
    """Formula 2.4 of the waiting times with a difference cut-off of m attempts, m = 2."""
    found = work_out(replace(IDEAL, cutoff_s=2 * ATTEMPT_S))
    late = 2 * (1 - P) * (1 - (1 - P) ** 2)
    passed = (P + late) / (2 - P)
    mean = (1 / (1 - (1 - P) ** 2) + late / (P * (2 - P))) / passed
    assert best(found, "delivery_time_s") == pytest.approx(mean * ATTEMPT_S, rel=1e-8)


def test_distribution_of_one_link():
    """Geometric: half have come by the first attempt, 90 % by the fourth (1 - 1/2^4 = 0.94)."""
    found = work_out(replace(IDEAL, segments=1))["distribution"]
    assert found["bar_s"] == pytest.approx(2 * ATTEMPT_S)
    assert found["shares"][:4] == pytest.approx([0.0, 0.5, 0.25, 0.125], rel=1e-3)
    assert found["quantiles_s"] == pytest.approx(
        {"0.1": 2 * ATTEMPT_S, "0.5": 2 * ATTEMPT_S, "0.9": 8 * ATTEMPT_S}
    )


def test_bars_hold_what_they_show():
    """The bars end once 99 % have come: their sum is that and no more than one bar above."""
    shares = work_out(Controls())["distribution"]["shares"]
    assert 0.99 - 1e-3 <= sum(shares) <= 0.99 + shares[-1] + 1e-3


def test_bound_of_the_bare_fibre():
    """-log2(1 - 10^(-0.02 L)) per mode: two modes of light, ten memories, attempts as heralded."""
    found = work_out(Controls())
    bound = found["bound"]
    per_mode = -math.log2(1 - 10 ** (-0.2 * 250 / 10))
    near = work_out(replace(Controls(), distance_km=250.0))["bound"]
    assert near["fast_plob_hz"] == pytest.approx(2e9 * per_mode, rel=1e-9)
    attempt_s = 1e-6 + 62.5 / 2e5
    assert bound["modes_hz"] == pytest.approx(2 * 10 / attempt_s, rel=1e-9)
    tiny = 10 ** (-0.2 * 500 / 10) / math.log(2)
    assert bound["plob_hz"] == pytest.approx(tiny * 20 / attempt_s, rel=1e-6)
    key = best(found, "secret_key_rate_hz")
    assert bound["beaten"] is (key > bound["plob_hz"])
    assert near["beaten"] is True
    assert near["fast_beaten"] is False


@pytest.mark.parametrize(
    "controls",
    [
        Controls(),
        Controls(strategy="sequential", segments=3, t2_s=2.5, gate_error=0.004, cutoff_s=None),
        Controls(hardware="nv-2019", distance_km=4.0, segments=2, t2_s=1e6, gate_error=0.015),
        Controls(hardware="trapped-ion", improvement=20.0, distance_km=50.0, t2_s=math.inf),
        Controls(hardware="siv", improvement=3.0, strategy="swap-asap", latency=False),
    ],
    ids=lambda controls: controls.hardware + controls.strategy,
)
def test_scenario_is_the_plan_of_the_hardware(controls):
    """Another builder: the optimiser's setting of the preset, memory and gates replaced."""
    preset = improved(PRESETS[controls.hardware], controls.improvement)
    memory, gates = preset.node.memory, preset.node.gates
    memory = replace(memory, t1_s=max(memory.t1_s, controls.t2_s / 2), t2_s=controls.t2_s)
    if controls.gate_error != gates.two_qubit_infidelity:
        gates = replace(gates, two_qubit_depolarizing=controls.gate_error * 4 / 3)
    preset = replace(preset, node=replace(preset.node, memory=memory, gates=gates))
    setting = Problem.of_hardware(
        preset, controls.distance_km, classical_latency=controls.latency, key=Key()
    )
    cutoffs = () if controls.cutoff_s is None else (controls.cutoff_s,)
    candidate = Candidate(segments=controls.segments, strategy=controls.strategy, cutoffs_s=cutoffs)
    assert loads(controls.scenario()).plan() == setting.plan(candidate)


def test_gates_of_a_preset_are_overridden_one_by_one():
    """What [link.gates] names is replaced, the rest is the preset's."""
    scenario = loads(Controls(gate_error=0.03).scenario())
    own = PRESETS["blueprint"].node.gates
    assert scenario.station.gates == replace(own, two_qubit_depolarizing=0.04)
    assert scenario.station.gates != Gates(two_qubit_depolarizing=0.04)


def test_photonic_memories_swap_by_chance():
    """Half of (detector efficiency 0.8)^2: linear optics; written into the scenario."""
    controls = Controls(
        hardware="rare-earth-multimode", segments=2, distance_km=10.0, gate_error=0.0
    )
    assert loads(controls.scenario()).station.success_probability == pytest.approx(0.32)


@pytest.mark.parametrize(
    ("controls", "is_coarse"),
    [
        (replace(IDEAL, t2_s=1e-3), False),
        (Controls(distance_km=100.0, segments=4, cutoff_s=None, latency=False), False),
        (
            Controls(hardware="luong", improvement=2.0, segments=1, distance_km=50.0, t2_s=0.5),
            False,
        ),
        (Controls(segments=4), True),
        (Controls(segments=3, distance_km=250.0, strategy="sequential"), True),
    ],
    ids=["ideal", "blueprint", "improved", "four", "sequential"],
)
def test_copied_scenario_gives_the_same_numbers(qnet_run, controls, is_coarse):
    """``qnet run --engine exact`` of the text that is copied; near them where it estimates."""
    found = work_out(controls)
    assert found["grid"]["is_coarse"] is is_coarse
    report = qnet_run(found["scenario"], "--engine", "exact")
    for name in ("rate_hz", "fidelity", "qber_x", "qber_z", "secret_key_rate_hz"):
        near = 1e-2 if is_coarse else 1e-6
        assert best(found, name) == pytest.approx(report[name]["best"], rel=near, abs=1e-12)


@pytest.mark.parametrize(("segments", "distance_km"), [(6, 300.0), (3, 100.0), (8, 300.0)])
def test_coarse_grid_against_the_plans_own(segments, distance_km):
    """The plan's own grid, several times as fine: the longer steps tell how far off the page is."""
    controls = Controls(cutoff_s=None, segments=segments, distance_km=distance_km)
    found, longer = work_out(controls), on_longer_steps(controls)
    scenario = loads(found["scenario"])
    own = play_exact(scenario.plan(), key=scenario.key)
    assert own.grid.dt < 0.3 * found["grid"]["step_s"]
    key = best(found, "secret_key_rate_hz")
    assert key == pytest.approx(own.secret_key_rate_hz.best, rel=4e-3)
    assert abs(key - own.secret_key_rate_hz.best) < abs(key - longer)
    assert best(found, "fidelity") == pytest.approx(
        own.fidelity.best, abs=found["grid"]["storage_error"]
    )


def test_copied_scenario_agrees_with_samples(qnet_run):
    """A point on a coarser grid: 5 standard errors (an interval of 95 % is 1.96 each way)."""
    found = work_out(Controls())
    assert found["grid"]["is_coarse"] is True
    report = qnet_run(found["scenario"], "--shots", "40000")
    for name in ("rate_hz", "fidelity", "qber_x", "qber_z", "secret_key_rate_hz"):
        drawn = report[name]
        reach = 5.0 / 1.96 * max(drawn["high"] - drawn["best"], drawn["best"] - drawn["low"])
        # An error rate in Z that does not fluctuate is exact in both.
        reach += 1e-9
        assert best(found, name) == pytest.approx(drawn["best"], abs=reach), name


def test_refused_points_are_sampled_and_say_so(qnet_run):
    """Oracle: ``qnet run`` of the copied text with another seed, within 5 standard errors."""
    found = work_out(Controls(strategy="swap-asap"))
    assert found["sampled"] == {
        "trajectories": 2000,
        "seed": 1,
        "level": 0.95,
        "why": "the exact engine does not play swap-asap with these options",
    }
    assert "grid" not in found
    report = qnet_run(found["scenario"], "--shots", "20000", "--seed", "7")
    for name in ("rate_hz", "fidelity", "secret_key_rate_hz"):
        spread = [each["high"] - each["low"] for each in (found["figures"][name], report[name])]
        assert abs(best(found, name) - report[name]["best"]) < 5 / 1.96 / 2 * math.hypot(*spread)
    distribution = found["distribution"]
    assert sum(distribution["shares"]) == pytest.approx(0.99, abs=1e-3)
    times = [distribution["quantiles_s"][share] for share in ("0.1", "0.5", "0.9")]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"segments": 2, "distance_km": 900.0}, "one would take 330000 years on average"),
        ({"hardware": "trapped-ion", "segments": 1}, "one would take 2300 years on average"),
        ({"strategy": "sequential", "segments": 4, "cutoff_s": 1e-5}, "Lengthen it"),
    ],
)
def test_hopeless_points_are_worded_for_people(changes, says):
    """Oracle: T/p of one link, (3/2) T/p of two; no number of many digits."""
    found = work_out(replace(Controls(), **changes))
    assert says in found["refused"]
    assert not re.search(r"\d\.\d{3}|e[-+]\d|got ", found["refused"])
    assert found["can_sample"] is False
    assert "figures" not in found


def test_no_key_says_why():
    """Most pairs wait far longer than T2: errors in X near one half, the memory to blame."""
    controls = Controls(segments=2, distance_km=400.0, cutoff_s=None)
    found = work_out(controls)
    assert best(found, "secret_key_rate_hz") == 0.0
    assert found["no_key"].startswith("No key: the two ends disagree on 45.4 % of the bits in X")
    assert why_no_key(controls).startswith("Perfect memories would give a key")
    for move in found["moves"]:
        assert Controls.from_query(_with(controls, **move)) != controls


def _with(controls, **changes):
    return {name: [text] for name, text in (controls.as_query() | changes).items()}


def test_queries_are_read_back():
    for controls in (
        Controls(),
        replace(IDEAL, t2_s=1 / 3, gate_error=0.1 + 0.2),
        Controls(hardware="siv", improvement=2.5, strategy="sequential", cutoff_s=1e-5),
    ):
        assert Controls.from_query(_with(controls)) == controls


@pytest.mark.parametrize(
    ("field", "text", "rule"),
    [
        ("distance_km", "nan", "be a finite number"),
        ("distance_km", "inf", "be a finite number"),
        ("distance_km", "-5", "lie in [1, 2000]"),
        ("distance_km", "1e300", "lie in [1, 2000]"),
        ("distance_km", "9" * 5000, "be a finite number"),
        ("distance_km", "far", "be a finite number"),
        ("distance_km", "", "be a finite number"),
        ("segments", "2.5", "be whole"),
        ("segments", "0", "lie in [1, 16]"),
        ("segments", "1e9", "lie in [1, 16]"),
        ("t2_s", "inf", "be a finite number"),
        ("t2_s", "0", "lie in [1e-07, 1e+06]"),
        ("gate_error", "0.8", "lie in [0, 0.75]"),
        ("cutoff_s", "-1", "lie in [1e-07, 1e+06]"),
        ("improvement", "0.5", "lie in [1, 1000]"),
        ("hardware", "abacus", "be one of"),
        ("strategy", "random", "be one of"),
        ("latency", "maybe", "be one of"),
    ],
)
def test_bad_values_are_refused(field, text, rule):
    """Field and rule in one line, before anything is worked out."""
    with pytest.raises(ParameterError) as caught:
        Controls.from_query(_with(Controls(), **{field: text}))
    assert str(caught.value).startswith(f"{field} must {rule}")
    assert len(str(caught.value)) < 400


def test_missing_unknown_and_double_fields_are_refused():
    query = _with(Controls())
    with pytest.raises(ParameterError, match=r"t2_s must be given once \(got 0\)"):
        Controls.from_query({name: texts for name, texts in query.items() if name != "t2_s"})
    with pytest.raises(ParameterError, match="did you mean 'segments'"):
        Controls.from_query(query | {"segmants": ["2"]})
    with pytest.raises(ParameterError, match=r"must be given once \(got 2\)"):
        Controls.from_query(query | {"t2_s": ["1", "2"]})


def test_every_position_is_a_setting():
    """Every stop of every slider, and every start of every hardware, passes the checks."""
    words = {OFF: None, PERFECT: math.inf}
    for scales in (SCALES, CURVES):
        for name, scale in scales.items():
            assert name in BOUNDS
            for value in scale:
                replace(Controls(), **{name: words.get(value, value)})
    for name, scale in CURVES.items():
        assert set(scale) <= set(SCALES[name])
    offered = json.loads(json.dumps(choices(), allow_nan=False))
    for name, hardware in offered["hardware"].items():
        for factor in IMPROVEMENTS:
            texts = {key: str(value) for key, value in hardware["starts"][str(factor)].items()}
            query = _with(Controls(hardware=name, improvement=float(factor)), **texts)
            scenario = loads(Controls.from_query(query).scenario())
            node = improved(PRESETS[name], float(factor)).node
            assert scenario.parts[0].memory == node.memory
            assert scenario.station.gates == node.gates


@pytest.mark.parametrize("factor", [1, 2, 100])
def test_every_start_does_something(factor):
    """A key, or where the hardware as it is gives none, pairs of which few are dark counts."""
    assert set(STARTS) == set(PRESETS)
    for name, hardware in choices()["hardware"].items():
        texts = {key: str(value) for key, value in hardware["starts"][str(factor)].items()}
        query = _with(Controls(hardware=name, improvement=float(factor)), **texts)
        found = work_out(Controls.from_query(query))
        keyless = factor == 1 and name in ("nv-2019", "colour-centre", "rare-earth-multimode")
        assert ("no_key" in found) is keyless, name
        assert best(found, "rate_hz") > 0.01, name
        assert found["link"]["dark_share"] < 0.1, name
        assert "grid" in found, name


def test_pairs_of_dark_counts_are_said_so():
    """Oracle: 637 nm loses 5 dB a km, so that over 100 km to the station no light is left."""
    found = work_out(Controls(hardware="nv-2019", segments=2, distance_km=400.0, cutoff_s=None))
    assert found["link"]["dark_share"] > 0.99
    assert "dark counts" in found["notes"][0]
    assert work_out(Controls())["notes"] == []


def test_relaxation_keeps_up_with_coherence():
    """T2 is at most 2 T1: colour centres have T1 = 10 h."""
    assert Controls(hardware="nv-2019", t2_s=1.0).preset.node.memory.t1_s == 36000.0
    assert Controls(hardware="nv-2019", t2_s=1e5).preset.node.memory.t1_s == 5e4


def test_diagram_is_that_of_its_seed():
    controls = Controls(segments=2, distance_km=100.0)
    one, again, other = diagram(controls, 1), diagram(controls, 1), diagram(controls, 2)
    assert one == again
    assert one["time_s"] != other["time_s"]
    for gid in ("herald", "wait", "swap", "delivery"):
        assert f'id="{gid}"' in one["svg"]
    assert "<script" not in one["svg"]


def test_diagram_of_what_hardly_comes_is_refused():
    assert "too many" in diagram(Controls(segments=2, distance_km=900.0), 1)["refused"]


def test_diagram_of_failing_swaps_in_any_order_is_refused():
    """Which pairs meet is for chance to say: 12 segments, swaps of 0.32, take 1.5 million draws."""
    hardware = {"hardware": "rare-earth-multimode", "t2_s": float("inf"), "cutoff_s": None}
    controls = Controls(segments=12, distance_km=2000.0, strategy="swap-asap", **hardware)
    assert "too many" in diagram(controls, 1)["refused"]


@pytest.mark.parametrize(("improvement", "sampled"), [(10.0, True), (1.0, True), (1000.0, False)])
def test_points_that_take_minutes_are_sampled(improvement, sampled):
    """Twelve swaps of 16 components on a grid of 175,000 steps: 256 convolutions each."""
    controls = Controls(
        hardware="colour-centre",
        improvement=improvement,
        strategy="sequential",
        segments=13,
        distance_km=2000.0 if sampled else 13.0,
        t2_s=1e-5,
        cutoff_s=None,
        latency=False,
    )
    assert ("sampled" in work_out(controls)) is sampled
