"""The benchmark runs, and its numbers are what it says they are."""

from __future__ import annotations

import re

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
    calls = []
    assert best_of(2, lambda: calls.append(1)) < 0.1
    assert len(calls) == 3


def test_links_and_draws_are_those_described():
    chain = links(3, Memory())
    assert [link.success_probability for link in chain] == [P] * 3
    assert geometric_time(2, 100_000) > geometric_time(1, 100) > 0.0
