"""Networks that deliver to applications: one route as its chain, contention, stars, windows."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from experiments.cli.main import main
from protocols.applications.application import Application
from protocols.applications.needs import Need, ideal_vector
from protocols.applications.processors.remote_cnot import RemoteCnot
from protocols.applications.result import AppFigure
from protocols.applications.services.demand_applications import demand_applications
from protocols.applications.services.tables import NetworkTable
from qnet.circuits import ghz
from qnet.errors import EngineError, InfeasiblePlanError, ParameterError
from qnet.schema import loads, read

LINK = {
    "scheme": "abstract",
    "success_probability": 0.5,
    "attempt_time_s": 1.0,
    "state": {"werner": 0.96},
}


@dataclass(frozen=True, kw_only=True, repr=False)
class Probe(Application):
    """Fidelity of whatever is delivered."""

    name: ClassVar[str] = "probe"
    title: ClassVar[str] = "fidelity of what is delivered"

    asks: tuple[Need, ...] = (Need(),)

    @property
    def needs(self) -> tuple[Need, ...]:
        """As it was told."""
        return self.asks

    def circuit(self):
        """Nothing is done."""
        return ghz(2)

    def figures(self, delivered):
        """Mean fidelity of each state with the ideal one."""
        vectors = [
            ideal_vector(need.state, need.size)
            for need in delivered.needs
            for _ in range(need.number)
        ]
        values = [
            states @ vector / len(vector) ** 0.5
            for states, vector in zip(delivered.states(), vectors, strict=True)
        ]
        mean = delivered.mean(np.mean(values, axis=0), low=0.0, high=1.0)
        return (AppFigure(name="fidelity", value=mean),)


def network(**tables):
    """A table [network]: users on a star of links of one success in two a second."""
    said = {
        "run": {"duration_s": 2000.0, "replicas": 10, "warm_up_s": 20.0},
        "topology": {"shape": "star", "leaves": 3, "length_km": 10.0},
        "link": LINK,
        "demand": [{"ends": ["1", "2"], "rate_hz": 0.1}],
        **tables,
    }
    return read(NetworkTable, said, "network")


TWO = (Need(number=2),)
THREE = (Need(state="ghz", parties=("A", "B", "C")),)
DECAY = {"pair_depolarizing_time_s": 20.0}


def within(found, value: float, width: float = 5.0) -> bool:
    """Whether a value lies within so many standard errors."""
    half = max(found.high - found.best, found.best - found.low) / 2.0
    return abs(found.best - value) <= width * half


def test_one_demand_on_one_route_is_its_chain():
    """The chain of the route on the exact engine gives fidelity and time of sampled rounds."""
    alone = RemoteCnot(network=network(keep_demands=False, memory=DECAY), shots=4000)
    exact, sampled = alone.play(), alone.play(engine="sampled")
    assert exact.duration.best == pytest.approx(8.0 / 3.0)  # later of two of p = 1/2
    assert within(sampled.duration, exact.duration.best)
    value = exact["process_fidelity"].value.best
    assert within(sampled["process_fidelity"].value, value)
    assert sampled.rounds == 4000
    joint = alone.play(engine="circuit", shots=40)
    assert within(joint["process_fidelity"].value, value)


def test_several_pairs_of_a_round_are_those_of_the_chain():
    """A round of two pairs, the first of which waits: the exact engine of the route's chain."""
    table = network(keep_demands=False, memory=DECAY)
    found = Probe(asks=TWO, network=table, shots=4000)
    exact, sampled = found.play(), found.play(engine="sampled")
    assert within(sampled.duration, exact.duration.best)
    assert within(sampled["fidelity"].value, exact["fidelity"].value.best)


def test_a_window_gives_old_pairs_up():
    """Mean time of two pairs at most w apart: (1 + 1/q)/p with q = 1 - (1 - p)^w (Wald)."""
    chance, window = 0.5, 2.0
    line = network(
        keep_demands=False,
        topology={"shape": "line", "nodes": 2, "length_km": 10.0},
        memory=DECAY,
    )
    found = Probe(asks=TWO, network=line, shots=4000, window_s=window).play(engine="sampled")
    within_window = 1.0 - (1.0 - chance) ** window
    assert within(found.duration, (1.0 + 1.0 / within_window) / chance)
    free = Probe(asks=TWO, network=line, shots=4000).play(engine="sampled")
    assert found["fidelity"].value.low > free["fidelity"].value.high


def test_shared_pairs_are_taken_at_once_and_decay_while_they_wait():
    """Pairs of one edge in two memories, both at once: the exact window engine of networks."""
    table = network(
        topology={"shape": "line", "nodes": 2, "length_km": 10.0},
        node={"memories": 2},
        controller={"allocation": "share"},
        memory=DECAY,
        keep_demands=False,
    )
    (only,) = [Probe(asks=TWO, network=table, shots=4000).play(engine="sampled")]
    # Two memories that both try: first after the smaller of two geometric times, then one of them
    # tries with the other that is still at it, so the second comes after their difference.
    p = 0.5
    first = 1.0 / (1.0 - (1.0 - p) ** 2)
    both = p**2 / (1.0 - (1.0 - p) ** 2)  # both at the same attempt
    mean = first + (1.0 - both) / p
    assert within(only.duration, mean)
    decay = math.exp(-1.0 / 20.0)
    kept = both + (1.0 - both) * p * decay / (1.0 - (1.0 - p) * decay)
    werner = 0.96 * (1.0 + kept) / 2.0
    assert within(only["fidelity"].value, (1.0 + 3.0 * werner) / 4.0)


def test_other_demands_cost_time_and_no_fidelity():
    """Reserved routes: pairs are as good as without others, and later; a high priority helps."""
    crowd = {"demand": [{"ends": ["1", "3"], "rate_hz": 0.15}], "nodes": ["1", "2"]}
    alone = Probe(network=network(keep_demands=False, **crowd), shots=3000)
    beside = Probe(network=network(**crowd), shots=3000)
    first, later = alone.play(engine="sampled"), beside.play(engine="sampled")
    assert later.duration.low > first.duration.high
    assert later["fidelity"].value.best == pytest.approx(first["fidelity"].value.best, abs=1e-9)
    ranked = {**crowd, "controller": {"discipline": "priority"}}
    crowded = {**ranked, "demand": [{"ends": ["1", "3"], "rate_hz": 0.1}] * 2}
    slow = Probe(network=network(**crowded), shots=3000).play(engine="sampled")
    fast = Probe(network=network(priority=1, **crowded), shots=3000).play(engine="sampled")
    assert fast.duration.high < slow.duration.low


def test_a_star_of_pairs_is_fused_by_the_first_party():
    """Perfect pairs fused by perfect gates are a perfect GHZ state; both routes start together."""
    perfect = {**LINK, "state": {"werner": 1.0}}
    table = network(link=perfect, nodes=["1", "2", "3"], keep_demands=False, node={"memories": 2})
    found = Probe(asks=THREE, network=table, shots=2000).play(engine="sampled")
    assert found["fidelity"].value.best == pytest.approx(1.0)
    # Each route takes the later of two geometric times of p = 1/2; the round the later of both.
    survives = [1.0 - (1.0 - 0.5**t) ** 4 for t in range(60)]
    assert within(found.duration, sum(survives))


def test_a_switch_fuses_where_the_network_has_one():
    """The GHZ state of three Werner pairs fused with perfect gates: w^2, w^3 of its stabilizers."""
    table = network(
        nodes=["1", "2", "3"],
        demand="all-pairs",
        controller={"allocation": "share", "ghz": 3},
    )
    found = Probe(asks=THREE, network=table, shots=2000).play(engine="sampled")
    w = 0.96
    # 8 stabilizers: identity, 3 of ZZ (w^2), 4 of XXX and XYY kinds (w^3).
    assert found["fidelity"].value.best == pytest.approx((1 + 3 * w**2 + 4 * w**3) / 8)
    assert within(found.duration, sum(1.0 - (1.0 - 0.5**t) ** 3 for t in range(60)))


def test_rows_of_one_replica_do_not_count_as_independent():
    """Units are the blocks of the replicas; the same seed gives the same for any workers."""
    found = Probe(network=network(), shots=500)
    one, two = found.deliver(engine="sampled", shots=500), None
    two = found.deliver(engine="sampled", shots=500, workers=2)
    assert sorted(set(one.units.tolist())) == list(range(10))
    assert np.array_equal(one.groups[0].vectors, two.groups[0].vectors)
    assert one.duration == two.duration


def test_what_the_exact_engine_cannot_play_names_sampled():
    """Several demands, or shared pairs."""
    with pytest.raises(EngineError, match="take engine='sampled'"):
        RemoteCnot(network=network(nodes=["1", "2"])).play()
    shared = network(keep_demands=False, controller={"allocation": "share"})
    with pytest.raises(EngineError, match="take engine='sampled'"):
        RemoteCnot(network=shared).play()


@pytest.mark.parametrize(
    ("tables", "error", "message"),
    [
        ({"nodes": ["1", "x"]}, ParameterError, r"network.nodes must be nodes of the network"),
        ({"nodes": ["1", "2", "3"]}, ParameterError, "network.nodes must name 2 different nodes"),
        ({"nodes": ["1", "1"]}, ParameterError, "network.nodes must name 2 different nodes"),
        ({"file": "two-segments"}, ParameterError, "network.file"),
        ({"file": "nowhere.toml"}, ParameterError, "network.file"),
        (
            {"run": {"duration_s": 0.5, "replicas": 1}},
            InfeasiblePlanError,
            "network.run.duration_s must be long enough for a round",
        ),
    ],
)
def test_bad_input_is_refused(tables, error, message):
    """Each with the key that is wrong."""
    with pytest.raises(error, match=message):
        RemoteCnot(network=network(**tables)).play(engine="sampled")


def test_windows_need_one_route():
    """Pairs of several routes have no window."""
    table = network(nodes=["1", "2", "3"], node={"memories": 2})
    with pytest.raises(ParameterError, match="window_s must be left out"):
        Probe(asks=THREE, network=table, window_s=1.0).check()


USED = """
kind = "network"
run = { duration_s = 400.0, replicas = 10 }
topology = { shape = "line", nodes = 3, length_km = 10.0 }
link = { scheme = "abstract", success_probability = 0.5, attempt_time_s = 1.0, state.werner = 0.96 }
[[demand]]
ends = ["1", "3"]
rate_hz = 0.1
application = "remote-cnot"
"""


def test_an_application_uses_the_pairs_of_a_demand(tmp_path, capsys):
    """A remote CNOT is as good as its pair, and lasts as long as sessions wait and are served."""
    path = tmp_path / "used.toml"
    path.write_text(USED)
    assert main(["run", str(path), "--json"]) == 0
    (demand,) = json.loads(capsys.readouterr().out)["demands"]
    used = demand["application"]
    fidelity = used["figures"]["process_fidelity"]["value"]["best"]
    assert fidelity == pytest.approx(demand["fidelity"]["best"])
    times = demand["waiting_time_s"]["best"] + demand["service_time_s"]["best"]
    assert used["duration_s"]["best"] == pytest.approx(times)
    assert used["rounds"] == demand["counts"]["served"]
    assert main(["run", str(path)]) == 0
    assert "sessions of 1 - 3: remote-cnot, CNOT" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("remote-cnot", "remote-cnut", "did you mean 'remote-cnot'"),
        ("rate_hz = 0.1", "rate_hz = 0.1\npairs = 2", "be one whose round is 2 states of 2 ends"),
    ],
)
def test_a_session_has_to_be_a_round(old, new, message):
    """No such application, or one that takes another number of pairs."""
    with pytest.raises(ParameterError, match=message):
        demand_applications(loads(USED.replace(old, new)))


def test_pairs_that_fill_all_memories_are_told():
    """One memory at each end: a pair that waits for B alone keeps A from getting one with C."""
    share = {"allocation": "share"}
    said = {"nodes": ["1", "2", "3"], "keep_demands": False, "controller": share}
    said["run"] = {"duration_s": 200.0, "replicas": 4}
    stuck = Probe(asks=THREE, network=network(**said), shots=4000).play(engine="sampled")
    assert any("in 4 of 4 replicas a round never got its pairs" in note for note in stuck.notes)
    freed = network(**said, cutoff={"kind": "age", "time_s": 3.0}, node={"memories": 2})
    found = Probe(asks=THREE, network=freed, shots=4000).play(engine="sampled")
    assert not any("never got" in note for note in found.notes)


def test_more_pairs_than_memories_are_taken_one_by_one():
    """Three pairs do not fit into two memories at once; the key that helps is named."""
    share = {"controller": {"allocation": "share"}, "node": {"memories": 2}}
    three = (Need(number=3),)
    with pytest.raises(ParameterError, match=r"network\.together must be false"):
        Probe(asks=three, network=network(**share)).check()
    found = Probe(asks=three, network=network(together=False, **share), shots=100)
    assert found.play(engine="sampled").rounds == 100
