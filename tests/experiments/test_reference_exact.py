"""Closed forms of waiting times, storage and cut-offs on the exact engine, to 1e-6 and better.

All go through the scenario file; the values come from formulas and enumerations outside the
package.
"""

from __future__ import annotations

import pytest

from tests.experiments.scenario_text import abstract, links
from tests.experiments.test_reference_values import (
    WAITING,
    four_segments,
    longest_of,
    luong,
    swap,
    text,
)


@pytest.fixture
def exact_run(qnet_run):
    """``qnet run --engine exact --json`` of a scenario text."""

    def run(scenario: str, *arguments: str) -> dict:
        return qnet_run(scenario, "--engine", "exact", *arguments)

    return run


def equal(figure: dict, value: float, digits: float = 1e-6) -> None:
    """The value lies at the best estimate, and the certain interval is as narrow."""
    assert figure["n"] == 0
    assert figure["best"] == pytest.approx(value, rel=digits)
    assert figure["low"] == pytest.approx(value, rel=digits)
    assert figure["high"] == pytest.approx(value, rel=digits)


# Swap-asap keeps no sets of 64 segments; p = 1e-6 would make a grid of 10^9 steps.
BEYOND = {"64 swap-asap", "37 swap-asap", "P-A12"}
PLAYED = {name: case for name, case in WAITING.items() if name not in BEYOND}


@pytest.mark.parametrize(("chain", "p", "q", "mean"), PLAYED.values(), ids=list(PLAYED))
def test_waiting_times(exact_run, chain, p, q, mean):
    report = exact_run(text(chain, abstract(p), swap(q)))
    equal(report["delivery_time_s"], mean)
    equal(report["rate_hz"], 1.0 / mean)


def test_four_segments_and_the_three_halves_rule(exact_run):
    """P-A7, P-A8."""
    report = exact_run(text("segments = 4", abstract(0.1), swap(0.5)))
    equal(report["delivery_time_s"], 6108244160 / 72016251)
    assert report["delivery_time_s"]["high"] < 90.0


def test_rare_heralds(exact_run):
    """P-A12: p T4 tends to (27 - 2 a) / (12 a^2); the remainder is of the order of p."""
    p, a = 1e-3, 0.5
    report = exact_run(text("segments = 4", abstract(p), swap(a)))
    equal(report["delivery_time_s"], four_segments(p, a), 1e-9)
    assert p * report["delivery_time_s"]["best"] == pytest.approx(
        (27 - 2 * a) / (12 * a**2), rel=3 * p
    )


TEN_PAIRS = [
    (0.5, 0.5),
    (0.1, 0.5),
    (0.01, 0.5),
    (0.001, 0.7),
    (0.3, 0.1),
    (0.9, 0.9),
    (0.05, 1.0),
    (1.0, 0.5),
    (0.7, 0.02),
    (0.02, 0.25),
]


@pytest.mark.parametrize(("p", "a"), TEN_PAIRS)
def test_four_segments_in_closed_form(exact_run, p, a):
    """P-A11."""
    report = exact_run(text("segments = 4", abstract(p), swap(a)))
    equal(report["delivery_time_s"], four_segments(p, a), 1e-9)


@pytest.mark.parametrize("n", [2, 16, 128, 512])
def test_the_longest_of_many(exact_run, n):
    """E[max] at p = 1e-3, where the alternating sum has lost all digits."""
    report = exact_run(text(f"segments = {n}", abstract(1e-3)))
    equal(report["delivery_time_s"], longest_of(n, 1e-3), 1e-9)


def test_distribution_of_the_waiting_time(exact_run):
    """P-A10."""
    report = exact_run(text("segments = 2", abstract(0.1), swap(0.5)), "--distribution")
    shares = [report["cumulative"][m] for m in (1, 10, 50)]
    assert shares == pytest.approx([0.005, 0.225651211, 0.837306377], rel=1e-8)


def test_modes_are_tried_in_one_attempt(exact_run):
    p = 1.0 - 0.9**5
    report = exact_run(text("segments = 2", abstract(0.1) + "\nmodes = 5"))
    equal(report["delivery_time_s"], (3 - 2 * p) / (p * (2 - p)), 1e-9)


JOINS = ["nested", "swap-asap"]


@pytest.mark.parametrize("strategy", JOINS)
def test_dephasing_of_two_segments(exact_run, strategy):
    """P-B1."""
    chain = f'segments = 2\nstrategy = "{strategy}"'
    report = exact_run(text(chain, abstract(0.1), "[memory]\npair_dephasing_time_s = 20.0"))
    equal(report["qber_x"], (1 - 0.678903513) / 2)
    equal(report["bell_diagonal"][3], (1 - 0.678903513) / 2)


@pytest.mark.parametrize("strategy", JOINS)
def test_dephasing_of_unequal_segments(exact_run, strategy):
    """P-B2."""
    unequal = f"[[links]]\n{abstract(0.1)}\n[[links]]\n{abstract(0.3)}\n"
    where = f'segments = 2\nstrategy = "{strategy}"'
    report = exact_run(links(unequal + "[memory]\npair_dephasing_time_s = 5.0", where))
    equal(report["qber_x"], (1 - 0.416980305) / 2)


def test_dephasing_of_three_segments(exact_run):
    """P-B3."""
    chain = 'segments = 3\nstrategy = "swap-asap"'
    report = exact_run(text(chain, abstract(0.2), "[memory]\npair_dephasing_time_s = 20.0"))
    equal(report["qber_x"], (1 - 0.6989242) / 2)


@pytest.mark.parametrize("strategy", JOINS)
def test_difference_cutoff(exact_run, strategy):
    """P-B4; the success probability of a round as well, from the time that a failing swap costs."""
    rest = '[memory]\npair_depolarizing_time_s = 30\n[cutoff]\nkind = "difference"\ntime_s = 5\n'
    chain = f'segments = 2\nstrategy = "{strategy}"'
    report = exact_run(text(chain, abstract(0.1), rest))
    equal(report["delivery_time_s"], 20.7511725)
    equal(report["fidelity"], (1 + 3 * 0.922670838) / 4)
    half = exact_run(text(chain, abstract(0.1), rest + swap(0.5)))
    equal(half["delivery_time_s"], 2 * 20.7511725)


def test_one_node_against_the_repeaterless_bound(exact_run):
    """P-B5."""
    cycle, report = luong(
        exact_run,
        km=10.0,
        preparation_s=0.0,
        misalignment=0.05,
        dark=0.0,
        ideality=1.0,
        efficiency=0.3,
        factor=1.0,
    )
    equal(report["rate_hz"], 0.131562015 / cycle)
    equal(report["qber_x"], 0.0952711693)
    equal(report["qber_z"], 0.095)
    equal(report["secret_key_rate_per_attempt"], 0.0122660133)


def test_one_node_with_imperfect_measurement_and_dark_counts(exact_run):
    """P-B6."""
    cycle, report = luong(
        exact_run,
        km=50.0,
        preparation_s=2e-6,
        misalignment=0.01,
        dark=1e-8,
        ideality=0.98,
        efficiency=0.7,
        factor=1.16,
    )
    equal(report["rate_hz"], 0.0486881801 / cycle)
    equal(report["qber_x"], 0.0330034969)
    equal(report["qber_z"], 0.0294042516)
    equal(report["secret_key_rate_per_attempt"], 0.027691104)


def test_sequential_with_cutoff(exact_run):
    """P-B7: both waiting times, from one memory after the other."""
    unequal = f"[[links]]\n{abstract(0.1)}\n[[links]]\n{abstract(0.05)}\n"
    rest = '[cutoff]\nkind = "difference"\ntime_s = 10'
    report = exact_run(links(unequal + rest, 'segments = 2\nstrategy = "sequential"'))
    equal(report["delivery_time_s"], 24.9213072 + 20.0)


@pytest.mark.parametrize("strategy", JOINS)
def test_key_rate_with_cutoff(exact_run, strategy):
    """P-B8: secret bits, not nats (P-B8b is 0.0148367)."""
    rest = '[memory]\npair_depolarizing_time_s = 30\n[cutoff]\nkind = "difference"\ntime_s = 5\n'
    link = abstract(0.1, "{ werner = 0.99 }")
    chain = f'segments = 2\nstrategy = "{strategy}"'
    report = exact_run(text(chain, link, rest + swap(0.5)))
    equal(report["secret_key_rate_hz"], 0.0107380998)


def test_classical_latency_of_a_failed_swap(exact_run):
    chain = "segment_lengths_km = [40, 60]\nclassical_latency = true"
    report = exact_run(text(chain, abstract(1.0, attempt_time_s=1e-3), swap(0.5)))
    equal(report["delivery_time_s"], (1e-3 + 60 / 2e5) / 0.5, 1e-9)


def test_noisy_swap(exact_run):
    """P-I5."""
    one = abstract(0.5, "{ bell_diagonal = [0.9, 0.05, 0.02, 0.03] }")
    two = abstract(0.5, "{ bell_diagonal = [0.85, 0.03, 0.02, 0.10] }")
    rest = "[swap]\ncnot_depolarizing = 0.03\nreadout_flip = 0.01"
    report = exact_run(links(f"[[links]]\n{one}\n[[links]]\n{two}\n{rest}"))
    for figure, value in zip(
        report["bell_diagonal"],
        [0.741262475, 0.0838427248, 0.0482750752, 0.126619725],
        strict=True,
    ):
        equal(figure, value)


def test_two_rounds_of_dejmps(exact_run):
    """P-C7, and its success probability by the time that failures cost."""
    link = abstract(1.0, "{ fidelity = 0.7 }")
    report = exact_run(text("segments = 1", link, "[distill]\nrounds = 2"))
    for figure, value in zip(
        report["bell_diagonal"],
        [0.845945946, 0.0675675676, 0.0189189189, 0.0675675676],
        strict=True,
    ):
        equal(figure, value)
    p = 0.68
    equal(report["delivery_time_s"], (3 - 2 * p) / (p * (2 - p)) / 0.640138408)


@pytest.mark.parametrize(("p", "width"), [(1e-7, 1e-3), (1e-7, 1e-5), (1e-5, 1e-4)])
def test_beyond_the_longest_grid(qnet_run, p, width):
    """The closed form of doubling, in a bracket."""
    rare = text("segments = 4", abstract(p), swap(0.5))
    report = qnet_run(rare, "--engine", "exact", "--width", str(width))
    found = report["delivery_time_s"]
    assert found["low"] <= four_segments(p, 0.5) <= found["high"]
    assert found["high"] - found["low"] <= width * found["best"]


def test_a_time_that_needs_too_long_a_grid(tmp_path, capsys):
    from experiments.cli.main import main

    path = tmp_path / "rare.toml"
    asked = "[exact]\nt_max_s = 1e9\n"
    path.write_text(text("segments = 4", abstract(1e-7), swap(0.5)) + asked, encoding="utf-8")
    assert main(["run", str(path), "--engine", "exact"]) == 2
    assert "would need a grid of" in capsys.readouterr().err
