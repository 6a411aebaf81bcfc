"""The best cut-off: never worse than none, inside where it matters, and the same by sampling."""

import math

import pytest

from experiments.studies.optimal_cutoff import STUDY
from experiments.studies.rows import column, grouped


@pytest.fixture(scope="module")
def parts():
    return grouped(STUDY.rows(quick=True), "of")


def test_the_best_cutoff_is_not_worse_than_none(parts):
    for row in parts["distance"]:
        best, without = row["key_per_mode"].best, row["without_cutoff_per_mode"].best
        assert best >= without * (1.0 - 1e-6)


def test_the_optimum_of_the_close_up_lies_inside(parts):
    """Too short a cut-off drops nearly all, too long a one keeps what has decayed."""
    values = [value.best for value in column(parts["cut-off"], "key_per_mode")]
    assert 0 < values.index(max(values)) < len(values) - 1
    cutoff = parts["cut-off"][values.index(max(values))]["cutoff_s"]
    assert f"the best cut-off is {cutoff:.2g} s" in STUDY.answer(
        [*parts["distance"], *parts["cut-off"]]
    )


def test_sampled_points_lie_on_the_exact_line(parts):
    """Two engines, five standard errors."""
    drawn = [row for rows in parts.values() for row in rows if row["sampled_per_mode"]]
    assert len(drawn) >= 3
    for row in drawn:
        sampled = row["sampled_per_mode"]
        error = (sampled.high - sampled.low) / (2.0 * 1.96)
        assert abs(sampled.best - row["key_per_mode"].best) < 5.0 * error


def test_the_bound_is_that_of_the_whole_fibre(parts):
    """-log2(1 - eta) with 22 km of attenuation length."""
    for row in parts["distance"]:
        bound = -math.log2(1.0 - math.exp(-row["length_km"] / 22.0))
        assert row["plob_per_mode"] == pytest.approx(bound)
