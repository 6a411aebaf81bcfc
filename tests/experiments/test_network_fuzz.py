"""Random networks, spoiled here and there: an answer or a sentence, and never anything else."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path

import pytest

import experiments
import qnet
from experiments.cli.network_text import network_text
from qnet.schema import parse, read_kind
from tests.experiments.scenario_fuzz import ODD

READY = sorted((Path(experiments.__file__).parent / "scenarios" / "networks").glob("*.toml"))

#: Measured times that make the ready scenarios short.
SECONDS = {"buffer": 20.0, "city-ring": 0.02, "double-star": 1.0, "national": 1.0}

#: Keys that are set now and then, with values that mean something.
MEANT = (
    (("controller", "allocation"), ("reserve", "share", "tdma")),
    (("controller", "sharing"), ("statistical", "dynamic", "buffer-space")),
    (("controller", "discipline"), ("drop", "priority")),
    (("controller", "purify"), ("always", 0.5)),
    (("controller", "ghz"), (2, 3)),
    (("controller", "routing"), ("disjoint", "fidelity")),
    (("controller", "signalling"), ("fibre",)),
    (("controller", "strategy"), ("nested", "sequential")),
    (("controller", "slot_s"), (0.5, 2.0)),
    (("controller", "frame_slots"), (1, 3)),
    (("node", "kind"), ("user", "switch")),
    (("node", "memories"), (3, "unlimited")),
    (("cutoff",), ({"kind": "age", "time_s": 1.0}, {"kind": "total", "time_s": 2.0})),
    (("swap", "success_probability"), (0.5,)),
    (("memory", "pair_loss_rate_hz"), (0.5,)),
    (("demand", 0, "arrivals"), ("backlog", "regular")),
    (("demand", 0, "memories"), (2,)),
    (("demand", 0, "patience_s"), (0.0, 1.0)),
    (("engine",), ("exact",)),
)


def places(values, path=()):
    """Every key and entry of a file, by its path."""
    inner = values.items() if isinstance(values, dict) else enumerate(values)
    for name, value in inner:
        yield (*path, name)
        if isinstance(value, dict | list):
            yield from places(value, (*path, name))


def spoil(rng, values):
    """Set one key to something that is meant, or to something odd."""
    if rng.random() < 0.6:
        path, meant = rng.choice(MEANT)
        value = rng.choice(meant)
    else:
        path, value = rng.choice(list(places(values))), rng.choice(ODD)
    place = values
    for name in path[:-1]:
        if isinstance(place, dict) and isinstance(name, str):
            place = place.setdefault(name, {})
        elif isinstance(place, list) and isinstance(name, int) and name < len(place):
            place = place[name]
        else:
            return
    if isinstance(place, dict) or (isinstance(place, list) and isinstance(path[-1], int)):
        place[path[-1]] = copy.deepcopy(value)


def case(seed):
    rng = random.Random(seed)
    path = rng.choice(READY)
    values = dict(parse(path.read_text(encoding="utf-8")))
    seconds = SECONDS.get(path.stem, 10.0)
    values["run"] = {"duration_s": seconds, "warm_up_s": seconds / 10.0, "replicas": 2}
    for _ in range(rng.choice([1, 1, 2, 3])):
        spoil(rng, values)
    return values


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_a_spoiled_network_ends_with_an_answer_or_a_sentence(first):
    """Oracle: an error of the package with field, rule and hint, or JSON without NaN and a text."""
    for seed in range(first, first + 20):
        try:
            scenario = read_kind(case(seed), folder=str(READY[0].parent))
            report = scenario.report(scenario.play())
        except qnet.QnetError:
            continue
        said = json.dumps(report.as_dict(), allow_nan=False)
        assert json.loads(said)["demands"], seed
        assert report.heading in network_text(report), seed


def test_some_of_them_are_played():
    # Oracle: the count of those that are read; half or so break a rule.
    read = 0
    for seed in range(80):
        try:
            read_kind(case(seed), folder=str(READY[0].parent))
        except qnet.QnetError:
            continue
        read += 1
    assert 10 < read < 70
