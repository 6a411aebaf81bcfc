"""Requirements against closed forms: what a double-click link needs, and how cheaply."""

from __future__ import annotations

import math

import numpy as np
import pytest

from protocols.planning.optimise import Evaluator, Problem, SearchSpace
from protocols.planning.requirements import Target, smallest_improvement
from qnet.engines.exact import play_exact
from qnet.errors import ParameterError, UnknownNameError
from qnet.hardware import (
    Detector,
    Emitter,
    Fibre,
    Memory,
    Node,
    Preset,
    improvable_fields,
    improved,
    improved_fields,
    preset,
)

LENGTH_KM = 10.0
EFFICIENCIES = {"emitter.collection_efficiency": 0.2, "detector.efficiency": 0.6}


def lossy(**emitter: float) -> Preset:
    """Only the efficiencies of a double-click link are imperfect: P = (eta_c eta_d)^2 t / 2."""
    node = Node(
        emitter=Emitter(
            collection_efficiency=EFFICIENCIES["emitter.collection_efficiency"],
            preparation_time_s=1e-3,
            **emitter,
        ),
        detector=Detector(efficiency=EFFICIENCIES["detector.efficiency"]),
    )
    return Preset(name="lossy", title="Lossy", node=node, fibre=Fibre(), scheme="double-click")


def one_link(hardware: Preset) -> Problem:
    return Problem.of_hardware(hardware, LENGTH_KM)


def two_links(hardware: Preset) -> Problem:
    return Problem.of_hardware(hardware, 2.0 * LENGTH_KM)


def needed(target: Target, hardware: Preset | None = None, **options):
    return smallest_improvement(
        hardware or lossy(), one_link, target, SearchSpace(cutoff="none"), **options
    )


ATTEMPT_S = 1e-3 + LENGTH_KM / 2e5
#: Rate of perfect efficiencies: fibre and attempts are what remains.
MOST_HZ = 0.5 * 10.0 ** (-0.2 * LENGTH_KM / 10.0) / ATTEMPT_S
#: Minus the logarithm of each efficiency, which enters squared.
LOGS = {path: -2.0 * math.log(eta) for path, eta in EFFICIENCIES.items()}


def test_hardware_that_is_good_enough_needs_nothing():
    found = needed(Target(rate_hz=0.9 * MOST_HZ * math.exp(-sum(LOGS.values()))))
    assert found.reached
    assert found.uniform_factor == 1.0
    assert found.cost == 2.0
    assert found.hardware == lossy()


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_uniform_factor_of_a_lossy_link(share):
    """The rate is MOST exp(-sum of logs / k)."""
    found = needed(Target(rate_hz=share * MOST_HZ))
    wanted = sum(LOGS.values()) / -math.log(share)
    assert found.uniform_factor == pytest.approx(wanted, rel=3e-3)
    assert found.uniform_factor >= wanted * (1.0 - 1e-6)
    assert found.trial.rate_hz >= share * MOST_HZ


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_cheapest_factors_of_a_lossy_link(share):
    """Least sum of k with sum of l / k = L, by Lagrange: k = sqrt(l) sum(sqrt(l)) / L."""
    found = needed(Target(rate_hz=share * MOST_HZ), per_parameter=True)
    roots = {path: math.sqrt(value) for path, value in LOGS.items()}
    for path, root in roots.items():
        wanted = root * sum(roots.values()) / -math.log(share)
        assert wanted > 1.0
        assert found.factors[path] == pytest.approx(wanted, rel=0.03)
    cost = sum(roots.values()) ** 2 / -math.log(share)
    assert cost * (1.0 - 1e-6) <= found.cost <= cost * 1.005
    assert found.cost < 2.0 * found.uniform_factor


def test_what_does_not_matter_is_left_alone():
    """Visibility plays no part in the rate, and a fidelity of it none in the efficiencies."""
    hardware = lossy(visibility=0.8)
    rate = needed(Target(rate_hz=0.2 * MOST_HZ), hardware, per_parameter=True)
    assert rate.factors["emitter.visibility"] == 1.0
    now = 0.5 * MOST_HZ * math.exp(-sum(LOGS.values()))
    fidelity = needed(Target(rate_hz=now, fidelity=0.95), hardware, per_parameter=True)
    # F = (1 + V) / 2.
    wanted = math.log(0.8) / math.log(0.9)
    assert fidelity.factors["emitter.visibility"] == pytest.approx(wanted, rel=5e-3)
    assert fidelity.cost == pytest.approx(2.0 + wanted, rel=5e-3)


def test_more_needs_more():
    factors = [
        needed(Target(key_rate_hz=share * MOST_HZ), lossy(visibility=0.9)).uniform_factor
        for share in (0.01, 0.1, 0.4)
    ]
    assert factors == sorted(factors)
    assert factors[0] < factors[-1]


def test_unreachable_says_what_remains():
    found = needed(Target(rate_hz=1.1 * MOST_HZ))
    assert not found.reached
    assert found.reason.startswith(f"unreachable: {1.1 * MOST_HZ:g} pairs/s")
    assert "the fibre, which transmits 0.631 over the 10 km" in found.reason
    assert "0.00105 s that an attempt takes" in found.reason
    assert found.trial.rate_hz == pytest.approx(MOST_HZ, rel=1e-3)


def test_nothing_left_to_improve():
    found = needed(Target(rate_hz=1e9), preset("ideal"))
    assert not found.reached
    assert "preset ideal has nothing left to improve" in found.reason
    assert found.factors == {}


def test_trapped_ions_in_two_segments_with_their_cutoff():
    """The improved hardware does reach the target, hardware 1 % short of it does not."""
    target = Target(key_rate_hz=1.0)
    space = SearchSpace(segments=(2,), cutoff_bounds_s=(0.05, 0.05))
    found = smallest_improvement(preset("trapped-ion"), two_links, target, space)
    assert found.reached
    assert found.uniform_factor > 1.5
    assert found.hardware.node == improved(preset("trapped-ion"), found.uniform_factor).node
    assert found.trial.secret_key_rate_hz >= 1.0
    short = improved(preset("trapped-ion"), 0.99 * found.uniform_factor)
    evaluate = Evaluator(two_links(short), target.objective)
    assert 0.9 < evaluate(found.trial.candidate).value < 1.0


def test_x2_requirements_are_settled_by_proven_figures_whatever_the_grid_of_the_search():
    """Two searches by unlike estimates: the factors agree within the precision of a bisection."""
    target = Target(key_rate_hz=1.0)
    space = SearchSpace(segments=(2,), cutoff_bounds_s=(0.05, 0.05))
    fine, coarse = (
        smallest_improvement(preset("trapped-ion"), two_links, target, space, **options)
        for options in ({}, {"most_steps": 1 << 11})
    )
    for found in (fine, coarse):
        assert found.reached
        assert found.trial.is_proven
        assert found.trial.secret_key_rate_range_hz[1] >= 1.0
        plan = two_links(found.hardware).plan(found.trial.candidate)
        proven = play_exact(plan, key=two_links(found.hardware).key)
        assert found.trial.secret_key_rate_hz == pytest.approx(proven.secret_key_rate_hz.best)
    assert coarse.uniform_factor == pytest.approx(fine.uniform_factor, rel=5e-3)


def test_single_fields():
    node = Node(memory=Memory(t2_s=0.25), detector=Detector(efficiency=0.25))
    better = improved_fields(node, {"memory.t2_s": 2.0, "detector.efficiency": 2.0})
    assert better == Node(memory=Memory(t2_s=0.5), detector=Detector(efficiency=0.5))
    for name in ("trapped-ion", "nv-2019", "rare-earth-multimode"):
        hardware = preset(name)
        paths = improvable_fields(hardware)
        same = improved_fields(hardware, dict.fromkeys(paths, 3.0))
        assert same.node == improved(hardware, 3.0).node
        assert improved_fields(hardware, dict.fromkeys(paths, 1.0)) == hardware
    ion = improved_fields(preset("trapped-ion"), {"memory.t2_s": 10.0})
    assert ion.sources["memory.t2_s"].endswith("; improved 10 times")
    assert np.isclose(ion.node.memory.t2_s, 0.62)


@pytest.mark.parametrize(
    ("call", "error", "part"),
    [
        (lambda: Target(), ParameterError, "a rate of pairs, with a fidelity"),
        (lambda: Target(rate_hz=1.0, key_rate_hz=1.0), ParameterError, "one of the two"),
        (lambda: Target(rate_hz=-1.0), ParameterError, "target.rate_hz must be positive"),
        (lambda: Target(key_rate_hz=math.nan), ParameterError, "target.key_rate_hz"),
        (lambda: Target(rate_hz=1.0, fidelity=2.0), ParameterError, "target.fidelity"),
        (lambda: needed(Target(rate_hz=1.0), greatest=0.5), ParameterError, "greatest"),
        (lambda: improved_fields(lossy(), {"memory.t3_s": 2.0}), UnknownNameError, "memory.t2_s"),
        (lambda: improved_fields(lossy(), {"memory.modes": 2.0}), UnknownNameError, "modes"),
        (lambda: improved_fields(lossy(), {"memory.t2_s": 0.5}), ParameterError, "at least 1"),
        (lambda: improved_fields(Memory(), {}), ParameterError, "be a Node or a Preset"),
    ],
)
def test_refusals(call, error, part):
    with pytest.raises(error, match=part):
        call()
