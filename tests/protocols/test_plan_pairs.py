"""Spans of repeaters as networks of pairs, which find the key rate that the plan counts with."""

from __future__ import annotations

import pytest

import qnet
from protocols.planning.playing.pairs import pair_network_of, pair_network_texts
from tests.protocols.key_network_cases import standard_error

CHAIN = """
kind = "chain"
[chain]
segments = 4
length_km = 10.0
strategy = "nested"
classical_latency = true
[link]
preset = "blueprint"
[memory]
t2_s = 0.05
[key]
error_correction_efficiency = 1.16
[optimize]
objective = "secret-key-rate"
cutoff = "scalar"
"""

PLAN = """
kind = "plan"
[sites]
graph = "edges"
edges = [["A", "B", 62.0]]
[demands]
list = [["A", "B", 1e-3]]
[[technology]]
name = "ions"
kind = "repeater"
chain = "ions.toml"
segments = [2]
length_step_km = 20.0
node_cost = 1.0
pair_cost = 1.0
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """A plan of a span of repeaters, whose best chain gives up pairs that wait."""
    folder = tmp_path_factory.mktemp("plan")
    (folder / "ions.toml").write_text(CHAIN, encoding="utf-8")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    scenario = qnet.load(folder / "plan.toml")
    return scenario, scenario.plan()


def test_the_network_finds_the_rate_of_the_plan(planned):
    """Oracle: the exact engine's bracket of the chain, within five standard errors of the play."""
    scenario, plan = planned
    for built in plan.built:
        option = plan.case.options[built.option]
        network = pair_network_of(
            plan, built.option, scenario.technology[0], folder=scenario.folder, seed=7
        )
        assert len(network.network.edges) == option.stations + 1
        assert sum(edge.length_km for edge in network.sites.spans) >= option.length_km
        key = network.play().demands[0]["secret_key_rate_hz"]
        slack = 5.0 * standard_error(key)
        assert option.rate_hz.low - slack <= key.best <= option.rate_hz.high + slack
        assert key.high - key.low <= 0.05 * option.rate_hz.best


def test_each_span_has_a_file(planned):
    """Oracle: the files are read again as they were written; other technologies have none."""
    scenario, plan = planned
    texts = pair_network_texts(plan, scenario.technology, folder=scenario.folder)
    assert list(texts) == [f"pairs-{k + 1}.toml" for k in range(len(plan.built))]
    for text in texts.values():
        network = qnet.loads(text)
        assert network.demand[0].is_backlog
        assert network.cutoff is not None
    law = qnet.loads(PLAN.replace('chain = "ions.toml"\nsegments = [2]\nlength_step_km = 20.0',
                                  "rate_hz_at_0_km = 1e3"))  # fmt: skip
    assert dict(pair_network_texts(law.plan(), law.technology)) == {}
