"""Identity, seeds, stop rules: what a task is, and when it is done."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math

import numpy as np
import pytest

from experiments.scenario import load, loads
from experiments.sweep import ScenarioTask, StoppingRule
from experiments.sweep.batch import play_batch
from experiments.sweep.counts import Answer, BatchMoments, from_json
from experiments.sweep.schedule import Run, merge
from protocols.planning.optimise.request import SearchRequest
from protocols.repeaters.chain import Chain
from qnet import play
from qnet.engines.result import Key
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.metrics import Moments
from qnet.metrics.figures import figures_in
from tests.experiments.scenario_text import scenario_text

TEXT = scenario_text("segments = 2\nlength_km = 20")


def task(text: str = TEXT, **options) -> ScenarioTask:
    return ScenarioTask(scenario=loads(text), **options)


def test_identity_is_the_digest_of_a_text_that_can_be_read():
    one = task()
    assert one.identity == hashlib.sha256(one.text.encode()).hexdigest()
    read = json.loads(one.text)
    assert read["engine"] == "sampled"
    assert read["schema"] == 1
    assert read["scenario"]["chain"]["lengths_km"] == [10.0, 10.0]
    assert read["scenario"]["segments"][0][1]["success_probability"] == 0.1


@pytest.mark.parametrize(
    ("name", "identity"),
    [("two-segments", "3be77b4afdeea1d5"), ("trapped-ion", "9ae6245eb82216ce")],
)
def test_identities_are_those_of_version_0_1(name, identity):
    """Oracle: version 0.1; stores and the seeds of batches hang on the identity."""
    found = ScenarioTask(scenario=load(f"experiments/scenarios/{name}.toml"), batch_shots=1000)
    assert found.identity.startswith(identity)


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("length_km = 20", "length_km = 20.0"),
        TEXT.replace("seed = 1", "seed = 2").replace("shots = 1000", "shots = 9"),
        TEXT + '[key]\nprotocol = "bb84"\n',
        TEXT + "[exact]\ntolerance = 1e-6\n",
        TEXT.replace("[chain]", '[chain]\nstrategy = "nested"'),
    ],
    ids=["float", "amount", "default", "other engine's", "default strategy"],
)
def test_what_changes_no_answer_changes_no_identity(text):
    assert task(text).identity == task().identity
    assert loads(text, name="other").plan() == task().scenario.plan()


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("success_probability = 0.1", "success_probability = 0.10000000000000002"),
        TEXT.replace("werner = 1.0", "werner = 0.99"),
        TEXT.replace("length_km = 20", "length_km = 21"),
        TEXT + "[memory]\nt2_s = 1.0\nt1_s = 1.0\n",
        TEXT + '[key]\nprotocol = "six-state"\n',
        TEXT + "[swap]\nreadout_flip = 0.01\n",
        TEXT + '[cutoff]\nkind = "total"\ntime_s = 9.0\n',
    ],
)
def test_what_changes_the_answer_changes_the_identity(text):
    assert task(text).identity != task().identity


def test_engine_batch_and_grid_are_part_of_it():
    kinds = [task(), task(engine="exact"), task(engine="circuit"), task(batch_shots=10)]
    kinds.append(task(TEXT + "[exact]\ntolerance = 1e-6\n", engine="exact"))
    assert len({each.identity for each in kinds}) == 5
    assert task(engine="exact", batch_shots=10) == task(engine="exact")


#: Fields of a chain that change its answer, each with another value.
CHANGED = {
    "segments": {"segments": 3},
    "length_km": {"length_km": 21.0},
    "segment_lengths_km": {"length_km": None, "segment_lengths_km": [1.0, 19.0]},
    "strategy": {"strategy": "swap-asap"},
    "tree": {"strategy": None, "tree": [0, 1]},
    "classical_latency": {"classical_latency": True},
    "link": {"link.modes": 2},
    "links": {"link": None, "links": [{"preset": "siv"}, {"preset": "ideal"}]},
    "fibre": {"fibre.speed_km_per_s": 1e5},
    "coexistence": {},  # below, with a link whose detectors are described
    "memory": {"memory.t1_s": 1.0},
    "swap": {"swap.readout_flip": 0.1},
    "cutoff": {"cutoff": {"kind": "age", "time_s": 1.0}},
    "distill": {"distill.rounds": 1},
    "key": {"key.protocol": "six-state"},
    "exact": {"exact.tolerance": 1e-6},
    "improve": {},
    "encode": {"link": None, "encode": {"code": "steane", "physical_flip": 0.01}},
    "one_way": {
        "segments": None,
        "link": None,
        "one_way": {"code": "qpc", "n": 2, "m": 2, "spacing_km": 1.0},
    },
    "all_photonic": {"link": None, "all_photonic": {"n": 2, "m": 4, "branching": [2, 2]}},
}
ASIDE = {"name": "other", "seed": 2, "shots": 9, "optimize": SearchRequest()}


def test_every_field_of_a_chain_changes_the_identity_or_is_known_to_change_no_answer():
    """A field that is added must be decided upon here."""
    one = task(engine="exact")
    assert {field.name for field in dataclasses.fields(Chain)} == {*CHANGED, *ASIDE}
    for name, changes in CHANGED.items():
        other = ScenarioTask(scenario=one.scenario.with_(changes), engine="exact")
        assert (other.identity != one.identity) is bool(changes), name
    dark = one.scenario.with_(CHANGED["links"])
    lit = {"coexistence": {"channels": [{"wavelength_nm": 1560.0, "power_dbm": -20.0}]}}
    tasks = [ScenarioTask(scenario=each, engine="exact") for each in (dark, dark.with_(lit))]
    assert tasks[0].identity != tasks[1].identity
    for name, value in ASIDE.items():
        other = dataclasses.replace(one.scenario, **{name: value})
        assert ScenarioTask(scenario=other, engine="exact").identity == one.identity, name


def test_seeds_differ_between_roots_tasks_and_batches_and_nothing_else():
    one, other = task(), task(batch_shots=10)
    seeds = [each.seed(root, k) for each in (one, other) for root in (0, 1) for k in range(50)]
    assert len(set(seeds)) == 200
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert task(engine="sampled").seed(1, 3) == one.seed(1, 3)
    entropy = np.random.SeedSequence([1, int(one.identity, 16)], spawn_key=(3,))
    assert one.seed(1, 3) == int(entropy.generate_state(1, np.uint64)[0]) // 2


def test_a_batch_is_a_run_of_the_engine_with_its_seed():
    one = task(batch_shots=500)
    batch = play_batch(one, 7, 2)
    alone = play(one.scenario.plan(), shots=500, seed=one.seed(7, 2))
    for name, figure in figures_in("sweep").items():
        assert batch.counts.figure(name, Key()) == figure.value(alone)
    assert batch.seed == one.seed(7, 2)
    assert batch.wall_s > 0.0
    assert {"qnet", "qiskit", "qiskit-aer", "numpy", "python"} <= set(batch.versions)


def test_counts_come_back_bit_for_bit():
    rng = np.random.default_rng(1)
    moments = Moments.from_samples(rng.normal(size=(50, 16)), [True] + [False] * 15)
    counts = BatchMoments(moments=moments, attempt_time_s=0.1, modes=3)
    back = from_json(counts.to_json())
    assert back.moments.mean.tobytes() == moments.mean.tobytes()
    assert back.moments.scatter.tobytes() == moments.scatter.tobytes()
    assert (back.moments.fixed, back.samples, back.modes) == (moments.fixed, 50, 3)
    answer = Answer(figures={"rate_hz": Estimate(0.1, 1.0 / 3.0, math.inf)})
    assert from_json(answer.to_json()) == answer


def test_counts_of_different_tasks_do_not_add():
    moments = Moments.from_samples([[1.0, 1.0, -1.0, 1.0]])
    one = BatchMoments(moments=moments, attempt_time_s=1.0, modes=1)
    with pytest.raises(ParameterError, match="one task"):
        one + BatchMoments(moments=moments, attempt_time_s=2.0, modes=1)


@pytest.mark.parametrize("engine", ["sampled", "exact", "circuit"])
def test_merged_batches_are_near_the_closed_form(engine):
    """Two segments that swap without fail: the mean time is (3 - 2p) / (p (2 - p)) attempts."""
    one = task(engine=engine, batch_shots=20 if engine == "circuit" else 5000)
    wanted = 1 if engine == "exact" else 4
    merged = merge([play_batch(one, 1, k) for k in range(wanted)])
    found, closed = merged.figure("delivery_time_s", Key()), 2.8 / (0.1 * 1.9)
    width = max(5.0 * (found.high - found.low) / (2 * 1.96), 1e-6)
    assert abs(found.best - closed) < width


def test_enough_samples():
    until = StoppingRule(shots=25)
    assert task(batch_shots=10).most_batches(25) == 3
    run = Run(task(batch_shots=10), until)
    assert [run.take() for _ in range(4)] == [0, 1, 2, None]


def test_precision_is_asked_on_the_ordered_prefix_whatever_the_order_of_arrival():
    until = StoppingRule(shots=10**6, figure="rate_hz", relative_precision=0.02)
    one = task(batch_shots=1000)
    batches = [play_batch(one, 3, k) for k in range(20)]
    found = []
    for order in (range(20), reversed(range(20)), [7, 3, 0, 11, *range(20)]):
        run = Run(one, until)
        for k in order:
            run.give(batches[k])
        assert run.finished
        found.append(run.used)
    assert len(set(found)) == 1

    def spread(count: int) -> float:
        figure = merge(batches[:count]).figure("rate_hz", Key())
        return (figure.high - figure.low) / 2.0 / figure.best

    assert spread(found[0]) <= 0.02 < spread(found[0] - 1)


def test_few_samples_are_not_believed_to_be_precise():
    until = StoppingRule(shots=10**6, figure="fidelity", relative_precision=0.5)
    one = task(batch_shots=100)
    run = Run(one, until)
    while not run.finished:
        run.give(play_batch(one, 1, run.take()))
    assert run.used == 10


def test_time_budget_counts_the_computing_time_of_the_prefix():
    one = task(batch_shots=100)
    batches = [dataclasses.replace(play_batch(one, 1, k), wall_s=0.4) for k in range(5)]
    run = Run(one, StoppingRule(shots=10**6, seconds=1.0))
    for k in (4, 2, 1, 0, 3):
        run.give(batches[k])
    assert (run.finished, run.used) == (True, 3)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"shots": 0}, "shots"),
        ({"shots": 1, "figure": "rate_hz"}, "sweep.until.figure"),
        ({"shots": 1, "relative_precision": 0.1}, "sweep.until.relative_precision"),
        ({"shots": 1, "figure": "rate", "relative_precision": 0.1}, "sweep.until.figure"),
        ({"shots": 1, "figure": "chsh", "relative_precision": 0}, "sweep.until.relative_precision"),
        ({"shots": 1, "seconds": -1.0}, "sweep.until.seconds"),
    ],
)
def test_stop_rules_are_checked(options, field):
    with pytest.raises(ParameterError) as caught:
        StoppingRule(**options)
    assert caught.value.field == field
