"""Strategies over distance against closed forms of the waiting time, and theorems."""

import math
from dataclasses import replace

import pytest

from experiments.studies.strategies_over_distance import PLATFORMS, STUDY, setting
from protocols.planning.optimise import Candidate
from qnet import play
from qnet.estimate import Estimate
from qnet.metrics import equidistant_chain_capacity

#: A bracket of five standard errors over the half-width of a 95 % interval.
FIVE_SIGMA = 5.0 / 1.96


@pytest.fixture(scope="module")
def rows():
    found = STUDY.rows(quick=True)
    return {(row["length_km"], row["strategy"]): row for row in found}


def _latest_of_eight(p):
    """Mean of the largest of eight geometric numbers, by inclusion and exclusion."""
    return sum((-1) ** (j + 1) * math.comb(8, j) / (1 - (1 - p) ** j) for j in range(1, 9))


def _agrees(estimate, low, high):
    half = FIVE_SIGMA * (estimate.high - estimate.low) / 2.0
    return low - half <= estimate.best <= high + half


@pytest.mark.parametrize("length", [100.0, 500.0])
def test_pairs_per_second(rows, length):
    """Closed forms without cut-offs, which the target parameters do not need here: all links at
    once take the latest of eight, one after the other their sum; a swap's result travels from its
    station to the farther end."""
    hardware = PLATFORMS["blueprint"]
    link = hardware.link(length / 8.0, 8)
    swap, hop = hardware.station.duration_s, length / 8.0 / 2e5
    p, attempt = link.round_success_probability, link.attempt_time_s
    latest = attempt * _latest_of_eight(p)
    # Three levels, over one, two and four segments.
    nested = latest + 3 * swap + 7 * hop
    sequential = 8 * attempt / p + 7 * swap + sum(range(1, 8)) * hop
    # The last swap lies four to seven segments from the farther end.
    asap = latest + swap + 4 * hop, latest + swap + 7 * hop
    if length == 100.0:
        assert all(row["cutoff_s"] is None or row["cutoff_s"] > 0.03 for row in rows.values())
    chain = setting("blueprint", length, "nested")
    for strategy, (low, high) in {
        "nested": (nested, nested),
        "sequential": (sequential, sequential),
        "swap-asap": asap,
    }.items():
        plan = chain.plan(Candidate(segments=8, strategy=strategy))
        time = play(plan, shots=4000, seed=7).delivery_time_s
        assert _agrees(time, low, high)
        if length == 100.0:
            assert _agrees(rows[length, strategy]["pairs_per_s"].inverse(), low, high)


@pytest.mark.parametrize("length", [100.0, 500.0])
def test_theorems(rows, length):
    """No chain passes the capacity of its segments; of two pairs made side by side one at most is
    kept; a swap that is not put off leaves less to store."""
    link = PLATFORMS["blueprint"].link(length / 8.0, 8)
    uses = 2.0 * link.modes / link.attempt_time_s
    capacity = uses * equidistant_chain_capacity(10.0 ** (-0.02 * length), 7)
    for strategy in ("nested", "swap-asap", "sequential", "distilled"):
        assert 0.0 < rows[length, strategy]["secret_bits_per_s"].low < capacity
    nested, distilled = rows[length, "nested"], rows[length, "distilled"]
    assert distilled["pairs_per_s"].low < nested["pairs_per_s"].high / 2.0
    assert distilled["distill_level"] is not None
    assert rows[length, "swap-asap"]["fidelity"].high > nested["fidelity"].low


def test_swapping_at_once_keeps_more_where_storage_decides():
    """Neutral atoms over 300 km: the intervals are apart."""
    found = {
        strategy: play(
            setting("rubidium-atoms", 300.0, strategy).plan(
                Candidate(segments=8, strategy=strategy)
            ),
            shots=2000,
            seed=3,
        )
        for strategy in ("swap-asap", "nested")
    }
    assert found["swap-asap"].fidelity.low > found["nested"].fidelity.high


@pytest.mark.parametrize("length", [100.0, 500.0])
def test_the_exact_engine_agrees(rows, length):
    """Sampled and exact key rates of the nested chain."""
    row = rows[length, "nested"]
    assert _agrees(row["secret_bits_per_s"], row["exact_bits_per_s"], row["exact_bits_per_s"])


def test_the_bound_is_that_of_fibre_of_a_fifth_of_a_decibel(rows):
    """-log2(1 - eta) in two modes, a billion times a second."""
    expected = -2e9 * math.log2(1.0 - 10.0**-2.0)
    assert rows[100.0, "nested"]["bound_bits_per_s"] == pytest.approx(expected)


def test_the_answer_names_who_is_best_and_where(rows):
    """Rows in which distillation is made to win at 500 km, and then no one."""
    best = Estimate.exact(1e6)
    forged = [
        {**row, "secret_bits_per_s": best} if key == (500.0, "distilled") else row
        for key, row in rows.items()
    ]
    text = STUDY.answer(forged)
    assert "swap as soon as possible from 100 to 100 km, then nested, one round of DEJMPS" in text
    none = [{**row, "secret_bits_per_s": replace(best, low=0, best=0, high=0)} for row in forged]
    assert STUDY.answer(none) == "Target parameters: no key."
