"""Sessions that come in turn, rounds of demands, windows, and records of what sessions got."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qnet.errors import EngineError, InfeasiblePlanError, ParameterError
from qnet.network import (
    ControllerSettings,
    Demand,
    Fault,
    NetworkCase,
    RunTimes,
    play_network,
)
from qnet.network.session_records import kept_until, play_sessions
from tests.qnet.network.described import link, network

RUN = RunTimes(duration_s=2000.0, warm_up_s=20.0, replicas=5)


def ask(*ends: str, **fields) -> Demand:
    """Sessions in turn between A and B, unless other ends are said."""
    return Demand(**{"ends": ends or ("A", "B"), "arrivals": "in-turn", **fields})


def case(net, *demands: Demand, run: RunTimes = RUN, **controller) -> NetworkCase:
    """A case of these demands."""
    settings = ControllerSettings(**controller)
    return NetworkCase(network=net, demands=demands, run=run, controller=settings)


def durations(found, demand: int = 0):
    """From arrival to the last pair, of all replicas."""
    return np.concatenate([(each[demand].ends - each[demand].arrivals) for each in found])


def is_near(values, mean: float) -> bool:
    """Whether the mean of independent values is what it has to be, to 5 standard errors."""
    return abs(values.mean() - mean) < 5.0 * values.std() / len(values) ** 0.5


CONTROLLERS = [
    {"allocation": "reserve"},
    {"allocation": "tdma", "frame_slots": 1, "slot_s": 50.0},
    {"allocation": "share"},
]


@pytest.mark.parametrize("controller", CONTROLLERS, ids=lambda each: each["allocation"])
def test_the_next_session_comes_when_the_one_before_has_its_pairs(controller):
    """One edge and memory: service times are sums of geometric times of p, also in slots."""
    net = network({("A", "B"): link(p=0.25)})
    found = play_sessions(case(net, ask(pairs=3), **controller))
    for (each,) in found:
        assert np.array_equal(each.served, np.arange(len(each) - (len(each) > len(each.served))))
        assert np.allclose(each.ends[:-1], each.arrivals[1:])
        rows = each.of_sessions(each.served, 3)
        assert np.array_equal(each.owners[rows], np.repeat(each.served[:, None], 3, axis=1))
        assert np.allclose(each.times[rows[:, -1]], each.ends[each.served])
    spent = durations(found)
    assert is_near(spent[np.isfinite(spent)], 12.0)


def test_records_change_nothing_of_a_run():
    """What is recorded is what the result of the same case counts."""
    net = network({("A", "R"): link(p=0.3), ("R", "B"): link(p=0.3)})
    described = case(net, Demand(ends=("A", "B"), rate_hz=0.05, pairs=2), ask("A", "R"))
    result = play_network(described)
    found = play_sessions(described)
    for number, demand in enumerate(result.demands):
        served = sum(len(each[number].served) for each in found)
        assert served == demand.counts["served"]
        start = np.concatenate([each[number].starts - each[number].arrivals for each in found])
        assert demand["waiting_time_s"].best == pytest.approx(np.nanmean(start))


def test_a_round_begins_when_all_of_it_is_over():
    """Two edges with geometric times of p: the later of both, E = 2/p - 1/(1 - (1 - p)^2)."""
    p = 0.2
    net = network({("A", "S"): link(p=p), ("S", "B"): link(p=p)})
    both = [ask("A", "S", round_name="both"), ask("S", "B", round_name="both")]
    found = play_sessions(case(net, *both))
    for one, other in found:
        assert np.array_equal(one.arrivals, other.arrivals)
        assert np.allclose(np.maximum(one.ends, other.ends)[:-1], one.arrivals[1:])
    later = np.maximum(durations(found), durations(found, 1))
    assert is_near(later[np.isfinite(later)], 2.0 / p - 1.0 / (1.0 - (1.0 - p) ** 2))


@pytest.mark.parametrize(("pairs", "window"), [(2, 3.0), (3, 4.0)])
def test_pairs_within_a_window_on_a_reserved_route(pairs, window):
    """The mean time to n successes within w attempts: the chain over the ages of what is there."""
    p = 0.3
    net = network({("A", "B"): link(p=p)})
    found = play_sessions(case(net, ask(pairs=pairs, window_s=window)))
    assert is_near(durations(found)[np.isfinite(durations(found))], mean_attempts(p, pairs, window))
    for (each,) in found:
        times = each.times[each.of_sessions(each.served, pairs)]
        assert np.all(times[:, -1] - times[:, 0] <= window + 1e-9)


def mean_attempts(p: float, pairs: int, window: float) -> float:
    """Mean attempts until so many successes lie within a window, by first-step analysis."""
    states = [()]
    for state in states:
        for after in moves(state, pairs, window):
            if after is not None and after not in states:
                states.append(after)
    matrix = np.eye(len(states))
    for k, state in enumerate(states):
        for chance, after in zip((1.0 - p, p), moves(state, pairs, window), strict=True):
            if after is not None:
                matrix[k, states.index(after)] -= chance
    return float(np.linalg.solve(matrix, np.ones(len(states)))[0])


def moves(ages, pairs: int, window: float):
    """Ages after an attempt that fails, and one that succeeds; None where all are there."""
    older = tuple(age + 1 for age in ages if age + 1 <= window)
    won = (*older, 0)
    return older, None if len(won) == pairs else won


def test_windows_of_shared_pairs_give_old_ones_up():
    """Two memories on one edge: pairs that wait longer than the window are never taken."""
    net = network({("A", "B"): link(p=0.3, w=1.0, t2_s=20.0)}, memories=2)
    described = case(net, ask(pairs=2, together=True, window_s=2.0), allocation="share")
    least = np.exp(-2.0 * 2.0 / 20.0)  # both qubits of the older pair decay for 2 s at most
    for (each,) in play_sessions(described):
        assert each.states[:, 5].min() >= least - 1e-9
    free = replace(described, demands=(ask(pairs=2, together=True),))
    assert min(each[0].states[:, 5].min() for each in play_sessions(free)) < least


def test_pairs_are_kept_in_the_memories_of_their_ends():
    """Dephasing in two memories of T2 multiplies XX by exp(-2 t / T2), and leaves ZZ."""
    net = network({("A", "R"): link(w=1.0, t2_s=10.0), ("R", "B"): link(w=1.0, t2_s=10.0)})
    described = case(net, ask())
    ((each,), *_) = play_sessions(described, most=4)
    rows = np.arange(len(each.times))
    waits = np.linspace(0.0, 5.0, len(rows))
    kept = kept_until(described, each, rows, waits)
    assert kept[:, 5] == pytest.approx(each.states[:, 5] * np.exp(-2.0 * waits / 10.0))
    assert kept[:, 15] == pytest.approx(each.states[:, 15])


def test_first_sessions_are_the_same_when_the_run_ends_early():
    """Sessions in turn: a run that stops after some of them gives the first of all."""
    net = network({("A", "B"): link(p=0.3)})
    described = case(net, ask(pairs=2), ask(pairs=1))
    some = play_sessions(described, demands=[0], most=7)
    for (few,), (every, _) in zip(some, play_sessions(described), strict=True):
        assert len(few) == 7
        assert np.array_equal(few.ends, every.ends[:7])


def test_what_cannot_be_meant_is_refused():
    """Windows without one chain or without being taken at once, rounds of other arrivals."""
    net = network({("A", "B"): link()}, memories=4)
    with pytest.raises(ParameterError, match="round_name must be of sessions in turn"):
        Demand(ends=("A", "B"), rate_hz=1.0, round_name="both")
    several = ask(pairs=2, memories=2, window_s=1.0)
    with pytest.raises(ParameterError, match="window_s must be left out with several memories"):
        play_sessions(case(net, several))
    fault = Fault(node="A", mtbf_s=9.0, mttr_s=1.0)
    faults = replace(case(net, ask(pairs=2, window_s=1.0)), faults=(fault,))
    with pytest.raises(ParameterError, match="window_s must be left out"):
        play_sessions(faults)
    with pytest.raises(ParameterError, match="window_s must be left out where pairs are taken"):
        play_sessions(case(net, ask(pairs=2, window_s=1.0), allocation="share"))
    for demand in (ask(), ask(arrivals="backlog", pairs=2, window_s=1.0)):
        with pytest.raises(EngineError, match="use engine='sampled'"):
            play_network(case(net, demand), engine="exact")


def test_a_window_that_no_pair_meets_is_refused():
    """Attempts of one second never bring two pairs within half of one."""
    net = network({("A", "B"): link(p=0.5)})
    with pytest.raises(InfeasiblePlanError, match="be long enough for pairs to come together"):
        play_sessions(case(net, ask(pairs=2, window_s=0.5)))
