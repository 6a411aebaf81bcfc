"""Known values of switches, buffers and queues, out of scenario files, by the exact engine."""

from __future__ import annotations

import pytest

import qnet
from qnet.schema import override, parse, read_kind
from tests.experiments.scenario_text import abstract, network_file

SWITCH = network_file(
    '[controller]\nallocation = "share"\n',
    top='engine = "exact"\ndemand = "all-pairs"',
    run="duration_s = 1000.0",
    topology='shape = "star"\nleaves = 5',
    link="rate_hz = 1.0\nstate = { werner = 1.0 }",
)

ATTEMPTS = {"link": {"scheme": "abstract", "success_probability": 0.1, "attempt_time_s": 1.0}}

UNEQUAL = {
    "topology.leaves": 4,
    "edge": [
        {"ends": ["hub", str(k)], "link": {"rate_hz": rate}}
        for k, rate in enumerate((3.0, 2.0, 1.5, 1.0), start=1)
    ],
}

#: Keys that are changed, and swaps per second.
SWITCHES = {
    "one memory": ({}, 2.22222222),
    "two memories": ({"node": {"memories": 2}}, 2.43902439),
    "five memories": ({"node": {"memories": 5}}, 2.49908391),
    "unlimited": ({"node": {"memories": "unlimited"}}, 2.5),
    "losses": ({"node": {"memories": 2}, "memory": {"pair_loss_rate_hz": 0.5}}, 2.28571429),
    "unequal": (UNEQUAL, 3.08115873),
    "cut-off": ({"topology.leaves": 4, "cutoff": {"kind": "age", "time_s": 0.5}}, 1.52639698),
    "fused": ({"topology.leaves": 4, "controller.ghz": 3}, 0.923076923),
    "slotted": (ATTEMPTS | {"topology.leaves": 3}, 0.121226415),
    "slotted, five": (ATTEMPTS, 0.223378104),
    "without memory": (
        ATTEMPTS | {"link.success_probability": 0.2, "cutoff": {"kind": "age", "time_s": 0.0}},
        0.26944,
    ),
}


@pytest.mark.parametrize(("changes", "rate"), SWITCHES.values(), ids=list(SWITCHES))
def test_switches(changes, rate):
    """Oracle: birth-death chains of the stored pairs, solved by other means (Vardoyan et al.,
    arXiv:1903.04420; fused: mu / sum 1/(k - i); without memory: E[floor(X/2)])."""
    values = override(parse(SWITCH), changes)
    values["link"].setdefault("state", {"werner": 1.0})
    result = read_kind(values).play()
    assert result.switch.swap_rate_hz.best == pytest.approx(rate, rel=1e-6)
    assert result.totals["pair_rate_hz"].best == pytest.approx(rate, rel=1e-6)


def test_pairs_of_unequal_users_without_a_limit():
    # Oracle: C_lm = mu_m P_l + mu_l P_m of geometric laws; the sum is half of all rates.
    values = override(parse(SWITCH), UNEQUAL | {"node": {"memories": "unlimited"}})
    found = [rate.best for _, rate in read_kind(values).play().switch.pairs]
    wanted = [1.39830508, 0.978813559, 0.622881356, 0.372881356, 0.228813559, 0.148305085]
    assert found == pytest.approx(wanted, rel=1e-6)


LINE = network_file(
    """
[node]
memories = 5
[controller]
discipline = "drop"
[[demand]]
ends = ["A", "B"]
rate_hz = 1.5
""",
    top='engine = "exact"',
    run="duration_s = 1000.0",
    topology='edges = [["A", "B", 10.0]]',
    link=abstract(0.5),
)


@pytest.mark.parametrize(
    ("memories", "load", "lost"),
    [(1, 0.5, 0.333333333), (5, 3.0, 0.110054348), (10, 7.0, 0.078740883)],
)
def test_refusals_of_one_link(memories, load, lost):
    # Oracle: Erlang's loss formula; a service takes two seconds in the mean.
    changes = {"node.memories": memories, "demand.0.rate_hz": load / 2.0}
    result = qnet.loads(LINE, changes=changes).play()
    assert result.demands[0]["refused_fraction"].best == pytest.approx(lost, rel=1e-6)


def test_refusals_of_sessions_of_several_memories():
    # Oracle: the recursion of Kaufman and Roberts, ten memories, loads of 4 and of 2.
    values = override(parse(LINE), {"node.memories": 10, "demand.0.rate_hz": 2.0})
    # Two copies side by side: the second of them is not awaited, as a session has one pair.
    shared = 1.0 - 0.5**2
    values["demand"].append({"ends": ["A", "B"], "rate_hz": 2.0 * shared, "memories": 2})
    found = [demand["refused_fraction"].best for demand in read_kind(values).play().demands]
    assert found == pytest.approx([0.110943966, 0.242453872], rel=1e-6)


def test_waiting_for_a_chain_of_two_links():
    # Oracle: Pollaczek and Khinchine with the moments of the larger of two geometric times.
    text = LINE.replace('edges = [["A", "B", 10.0]]', 'shape = "line"\nnodes = 3')
    text = text.replace('["A", "B"]', '["1", "3"]').replace('"drop"', '"fifo"')
    changes = {"link.success_probability": 0.1, "demand.0.rate_hz": 0.04, "node.memories": 1}
    result = qnet.loads(text, changes=changes).play()
    assert result.demands[0]["waiting_time_s"].best == pytest.approx(16.0701754, rel=1e-6)
    assert result.edges[0].use.best == pytest.approx(0.589473684, rel=1e-6)
