"""Links of a remote gate: closed forms of one link without gate errors, and what must be so."""

import math

import pytest

from experiments.studies import how_good_must_a_link_be_for_a_remote_gate as study
from experiments.studies.how_good_must_a_link_be_for_a_remote_gate import (
    STUDY,
    gate,
    process_fidelity,
    smallest,
)
from qnet.hardware import Gates


@pytest.fixture(scope="module")
def rows():
    return STUDY.rows(quick=True)


@pytest.fixture
def perfect(monkeypatch):
    """Gates without errors."""
    monkeypatch.setattr(study, "GATES", Gates())


def kept(time_s, t2_s):
    """Probability that a memory has not flipped the phase."""
    return (1.0 + math.exp(-time_s / t2_s)) / 2.0


@pytest.mark.parametrize(("distance", "infidelity", "t2"), [(50.0, 0.03, 0.5), (20.0, 0.1, 0.01)])
def test_one_link_without_gate_errors(perfect, distance, infidelity, t2):
    """By hand: phase flips of control, pair and copy are one error, those of the target another.

    The data wait until the pair is heralded, 1/p attempts in the mean; control and copy wait for
    the first message, the control for the second. A Werner pair has 1 - F of every other error.
    """
    attempt = message = distance / 2e5
    mean = attempt / (0.5 * 10.0 ** (-0.02 * distance))
    control, target = kept(mean + 3.0 * message, t2), kept(mean, t2)
    fidelity, other = 1.0 - infidelity, infidelity / 3.0
    wanted = target * (control * fidelity + (1.0 - control) * other)
    found = process_fidelity(gate(distance, 1, infidelity, t2)).best
    assert found == pytest.approx(wanted, abs=1e-9)


def test_a_needed_value_is_where_the_fidelity_is_as_wanted():
    """Oracle: the fidelity itself, on either side."""

    def fidelity(t2):
        return process_fidelity(gate(60.0, 2, 0.01, t2)).best

    needed = smallest(fidelity, 1e-4, 1e5)
    assert fidelity(0.99 * needed) < study.WANTED < fidelity(1.01 * needed)
    assert smallest(lambda _: 0.5, 1.0, 2.0) is None
    assert smallest(lambda _: 0.95, 1.0, 2.0) == 1.0


def test_what_theory_asks_of_the_rows(rows):
    """Worse links give worse gates; far distances need longer memories; engines agree."""
    for count in study.SEGMENTS:
        own = [row for row in rows if row["segments"] == count]
        fidelities = [row["process_fidelity"] for row in own if row["panel"] == "fidelity"]
        assert fidelities == sorted(fidelities, reverse=True)
        times = [row["needed"] for row in own if row["panel"] == "memory"]
        assert times == sorted(times)
        for row in own:
            if row["panel"] == "fidelity":
                drawn = row["sampled"]
                width = 2.5 * (drawn.high - drawn.low)  # five standard errors
                assert abs(drawn.best - row["process_fidelity"]) < width / 2.0 + 1e-9


def test_the_answer_and_the_figure(rows, tmp_path):
    """Every architecture is named, and the files are there."""
    for word in ("one link", "2 segments", "T2"):
        assert word in STUDY.answer(rows)
    assert all(file.stat().st_size > 0 for file in STUDY.write(rows, tmp_path))
