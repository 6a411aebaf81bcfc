"""Modes against coherence: the closed form of a link, copies on the sampled engine, monotony."""

import math

import pytest

from experiments.studies.multiplexing_against_coherence import (
    LENGTH_KM,
    SEGMENTS,
    STUDY,
    best_trial,
    chain,
    needed_coherence,
    work,
)
from protocols import nested
from protocols.planning.optimise import Problem
from protocols.repeaters.platforms import KEY
from qnet import Cutoff, Multiplex, play
from qnet.estimate import Estimate


@pytest.mark.parametrize("modes", [1, 3, 100])
def test_time_of_a_link(modes):
    """tau over 1 - (1 - p)^M; p = (emission, conversion, detection)^2 t / 2 and a few dark counts;
    tau: light through the segment, and the preparation."""
    found = work({"kind": "rate", "modes": modes, "wanted_hz": None, "given_s": 1e-4}, seed=1)
    length_km = LENGTH_KM / SEGMENTS
    p = (0.9 * 0.8 * 0.9) ** 2 * 10.0 ** (-0.02 * length_km) / 2.0
    assert found["p"] == pytest.approx(p, rel=1e-3)
    tau = length_km / 2e5 + 1e-6
    assert found["link_s"] == pytest.approx(tau / (1.0 - (1.0 - p) ** modes), rel=1e-3)
    # Within 0.1 ms nothing survives even the herald.
    assert found["key_hz"] == Estimate.exact(0.0)


def test_modes_of_a_link_are_copies_of_it():
    """Ten links of one mode side by side, the first pair kept, on the sampled engine: 5 sigma, and
    2 % for the time grid of the search."""
    best = best_trial(10, 0.3)
    link = Problem.of_platform(chain(1, 0.3), LENGTH_KM, KEY).links(SEGMENTS, None)
    plan = nested(
        [Multiplex(pair=each, copies=10) for each in link],
        stations=chain(1, 0.3).station,
        cutoffs=Cutoff(kind="difference", time_s=best.candidate.cutoffs_s[0]),
        classical_latency=True,
    )
    found = play(plan, shots=6000, seed=3, key=KEY).secret_key_rate_hz
    sigma = (found.high - found.low) / (2.0 * 1.96)
    assert abs(found.best - best.value) < 5.0 * sigma + 0.02 * best.value
    assert sigma < 0.03 * best.value


def test_what_is_needed_is_just_enough_on_the_sampled_engine():
    """The plan of that coherence time gives the key rate: 5 sigma, the precision and the grid."""
    needed = needed_coherence(100, 10.0, 0.1)
    best = best_trial(100, needed)
    assert best.value >= 10.0
    assert best_trial(100, needed / 1.1).value < 10.0
    plan = Problem.of_platform(chain(100, needed), LENGTH_KM, KEY).plan(best.candidate)
    found = play(plan, shots=3000, seed=5, key=KEY).secret_key_rate_hz
    sigma = (found.high - found.low) / (2.0 * 1.96)
    assert abs(found.best - best.value) < 5.0 * sigma + 0.05 * best.value


def test_more_modes_need_less_and_more_key_needs_more():
    """Monotony, within the precision."""
    few, many = (needed_coherence(modes, 1.0, 0.5) for modes in (10, 1000))
    assert few > 1.5 * many
    assert needed_coherence(1000, 100.0, 0.5) > 1.5 * many


def test_perfect_memories_end_it():
    """One mode: the slowest of eight links takes sum (1/k) attempts / p; no memory gives more."""
    link = chain(1, 1.0).link(LENGTH_KM / SEGMENTS, SEGMENTS)
    harmonic = sum(1.0 / k for k in range(1, SEGMENTS + 1))
    most_hz = link.success_probability / (harmonic * link.attempt_time_s)
    assert needed_coherence(1, 1.05 * most_hz) is None
    assert math.isfinite(needed_coherence(1, 0.1 * most_hz, 1.0))


def test_answer_by_hand():
    def row(kind, modes, coherence_s):
        return {
            "kind": kind,
            "modes": modes,
            "wanted_hz": 1.0,
            "coherence_s": coherence_s,
            "p": 0.1,
        }

    text = STUDY.answer([row("link", 1, 6.0), row("link", 10, 2.0), row("chains", 10, 3.0)])
    assert "at 1 bit/s 3 (1 to 10)" in text
    assert "1/p = 10 modes" in text
    assert "10 separate chains need 3e+03 ms for 1 bit/s, links of 10 modes 2e+03" in text
