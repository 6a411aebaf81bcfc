"""The benchmark runs, and its numbers are what it says they are."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from experiments.benchmarks.__main__ import BENCHMARKS, main
from experiments.benchmarks.sampled import P, geometric_time, links, report
from experiments.benchmarks.timing import best_of
from protocols import swap_asap
from qnet import Memory


def test_every_benchmark_runs_by_name(capsys):
    for name in BENCHMARKS:
        main([name, "--quick"])
        assert f"== {name}" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["sampld"])
    assert "no benchmark 'sampld'" in capsys.readouterr().err


def test_quick_run_prints_every_line(capsys):
    main(["sampled", "--quick"])
    lines = capsys.readouterr().out.splitlines()
    rates = [
        re.search(r"([\d,]+) pairs/s +([\d.]+) x (\d+) geometric draws", line) for line in lines
    ]
    found = [match for match in rates if match]
    assert [int(match[3]) for match in found] == [8, 8, 8, 8, 8, 32, 128, 512, 1024]
    assert all(int(match[1].replace(",", "")) > 0 and float(match[2]) > 0.0 for match in found)
    growth = [line for line in lines if "the time per link of 8" in line]
    assert len(growth) == 5
    assert growth[0].split()[0] == "1.00"


def test_time_per_shot_is_that_of_the_printed_rate(capsys):
    per_shot = report("two links", swap_asap(links(2, Memory())), 2, 1000)
    printed = float(capsys.readouterr().out.split("pairs/s")[0].split()[-1].replace(",", ""))
    assert 1.0 / per_shot == pytest.approx(printed, rel=1e-3, abs=1.0)


def test_the_best_run_counts_after_a_warm_up():
    """Oracle: a clock that goes only while the work runs, 9, 3, 1 and 2 s."""
    now, lasting = [0.0], [9.0, 3.0, 1.0, 2.0]

    def work():
        now[0] += lasting.pop(0)

    assert best_of(3, work, clock=lambda: now[0]) == 1.0
    assert lasting == []


def test_links_and_draws_are_those_described(monkeypatch):
    """Oracle: the variates that are asked for while time is taken."""
    chain = links(3, Memory())
    assert [link.success_probability for link in chain] == [P] * 3
    drawn = []
    generator = SimpleNamespace(geometric=lambda p, size: drawn.append((p, size)))
    monkeypatch.setattr("numpy.random.default_rng", lambda seed: generator)
    assert geometric_time(2, 100) > 0.0
    assert drawn == [(P, 100)] * 8  # three runs that count, after one to warm up
