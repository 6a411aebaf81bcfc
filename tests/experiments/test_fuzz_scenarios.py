"""Random scenarios of every kind, whole and broken, through the command line.

``QNET_FUZZ_CASES=5000`` plays so many of them; a case by itself is played by
``python -m tests.experiments.scenario_fuzz SEED 1``.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from protocols import nested, sequential, swap_asap
from qnet import Cutoff, Distill, Gates, Link, Memory, Station
from qnet.engines.agree import agree
from qnet.states import werner
from tests.experiments.scenario_fuzz import case

CASES = int(os.environ.get("QNET_FUZZ_CASES", "200"))

#: Cases that one process plays: the most that a leak can add up to.
AT_ONCE = 100


@pytest.mark.parametrize("first", range(0, CASES, AT_ONCE))
def test_random_scenarios_end_with_an_answer_or_a_sentence(first):
    """Oracle: exit code 0 or 2, JSON without NaN, one line of error, 2 GB, no long silence.

    Silence is measured in processor time, in a process of its own.
    """
    program = [sys.executable, "-m", "tests.experiments.scenario_fuzz"]
    done = subprocess.run(
        [*program, str(first), str(min(AT_ONCE, CASES - first))],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    played = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(played) == min(AT_ONCE, CASES - first)
    wrong = [each for each in played if each["faults"]]
    shown = "\n".join(
        f"{each['seed']}: {', '.join(each['faults'])}\n{each['command']}\n{each['text']}"
        f"{each['err']}"
        for each in wrong
    )
    assert not wrong, shown


def test_cases_are_the_same_everywhere_and_of_every_kind():
    """Oracle: a seed alone decides; 300 of them hold every kind, and half of them are whole."""
    texts = [case(seed)[1] for seed in range(300)]
    assert texts == [case(seed)[1] for seed in range(300)]
    for kind in ("chain", "bb84", "e91", "mdi", "cv", "cv-gg02", "twin-field", "decoy-bb84"):
        assert sum(f'"kind" = "{kind}"' in text for text in texts) >= 3
    assert sum('["sweep"]' in text for text in texts) >= 20


def random_chain(rng: random.Random):
    """A chain of two or three links that every engine can play."""
    attempt_s = rng.choice([1.0, 0.5])
    memory = rng.choice(
        [
            Memory(),
            Memory(depolarizing_time_s=rng.uniform(10.0, 90.0)),
            Memory(t1_s=60.0, t2_s=30.0),
        ]
    )
    links = [
        Link(
            success_probability=rng.uniform(0.2, 0.9),
            attempt_time_s=attempt_s,
            state=werner(rng.uniform(0.8, 1.0)),
            left=memory,
            right=memory,
        )
        for _ in range(rng.choice([2, 2, 3]))
    ]
    gates = rng.choice([Gates(), Gates(two_qubit_depolarizing=0.02, readout_flip_0=0.01)])
    station = Station(success_probability=rng.choice([1.0, 0.7]), gates=gates)
    kind = rng.choice(["difference", "total"])
    cutoff = rng.choice([None, Cutoff(kind=kind, time_s=attempt_s * rng.choice([2, 3, 5]))])
    if rng.random() < 0.25:
        return Distill(pair=links[0], scheme=rng.choice(["dejmps", "bbpssw"]), gates=gates)
    if rng.random() < 0.3:
        return swap_asap(links[:2], stations=station, cutoff=cutoff)
    builder = rng.choice([nested, sequential])
    return builder(links, stations=station, cutoffs=cutoff)


@pytest.mark.parametrize("seed", range(16))
def test_random_small_chains_on_every_engine_that_plays_them(seed):
    """Oracle: the engines one for another, within four standard errors, and states to 1e-9.

    The joint circuits are compared state by state, on the same timelines: a mean of some few of
    them has no standard error to speak of.
    """
    plan = random_chain(random.Random(seed))
    found = agree(plan, shots=20_000, seed=seed, engines=("sampled", "exact"), timelines=4)
    assert not [reason for engine, reason in found.refusals if engine != "exact"]
    assert found.comparisons or found.refusals
    assert max([abs(each.standard_errors) for each in found.comparisons], default=0.0) < 4.0
    assert np.max(found.deviations) < 1e-9
