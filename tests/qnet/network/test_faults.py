"""Faults and messages of reserved routes: what is kept, lost and late, and when who knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qnet.errors import ParameterError
from qnet.network import ControllerSettings, Demand, Fault, RunTimes, play_network
from qnet.network.signalling import central_node, travel_times_s
from tests.qnet.network.described import case, link, network
from tests.qnet.network.queues import at, is_near, once, one_link, poisson, sure

#: A time that light takes for a kilometre in the links of the tests.
PER_KM = 1.0 / 2e5


def ring(**fields):
    """A-B-D and A-C-E-D: two ways from A to D of which the second is longer."""
    return network({(a, b): sure() for a, b in ["AB", "BD", "AC", "CE", "ED"]}, **fields)


def figures(result, demand: int = 0):
    """Wait, service, and the counts of a demand."""
    found = result.demands[demand]
    return found["waiting_time_s"].best, found["service_time_s"].best, found.counts


def test_a_session_waits_for_the_repair_where_there_is_no_other_way():
    """Two pairs before the fault, three after it; one was in the making."""
    fault = Fault(edge=("B", "A"), down_s=[[3.5, 6.25]])
    result = once(one_link(sure()), [at([1.0], pairs=5)], faults=[fault])
    wait, service, counts = figures(result)
    # Pairs at 2 and 3 s, then from 6.25 s on.
    assert (wait, service) == pytest.approx((0.0, 8.25))
    assert (counts["pairs"], counts["lost_pairs"], counts["late_pairs"]) == (5, 1, 3)
    assert result.edges[0].use.best == pytest.approx((2.5 + 3.0) / 100.0)
    assert result.edges[0].pair_rate_hz.best == pytest.approx(0.05)


def test_a_session_goes_on_along_a_detour():
    """The shortest way around the failed edge, found when it fails; others' memories are kept."""
    fault = Fault(edge=("A", "B"), down_s=[[3.5, 50.0]])
    demands = [at([1.0], "A", "D", pairs=5), at([2.0], "C", "E", pairs=3)]
    result = once(ring(), demands, faults=[fault])
    _, service, counts = figures(result)
    # Pairs at 2 and 3 s; C-E is taken until 5 s, then three more.
    assert service == pytest.approx(7.0)
    assert (counts["pairs"], counts["lost_pairs"], counts["late_pairs"]) == (5, 1, 3)
    assert [edge.use.best for edge in result.edges] == pytest.approx(
        [0.025, 0.025, 0.03, 0.06, 0.03]
    )


def test_a_detour_has_the_memories_that_the_session_takes():
    """Edges of too few memories are no way around: the session waits for the repair."""
    short_of = {("C", "E"): {"memories": 1}}
    edges = ring(memories=2, special=short_of)
    fault = Fault(edge=("A", "B"), down_s=[[3.5, 10.0]])
    result = once(edges, [at([1.0], "A", "D", pairs=8, memories=2)], faults=[fault])
    # Two pairs a second: four by 3 s, the others by 12 s.
    assert figures(result)[1] == pytest.approx(11.0)


def test_a_failed_node_takes_all_its_edges():
    """Both edges of B are down; the session takes the other way, and a new one is refused."""
    fault = Fault(node="B", down_s=[[3.5, 20.0]])
    demands = [at([1.0], "A", "D", pairs=5), at([5.0], "A", "B")]
    result = once(ring(), demands, faults=[fault], discipline="drop")
    assert figures(result)[1] == pytest.approx(5.5)
    assert result.demands[1].counts["refused"] == 1


def test_an_interrupted_session_keeps_its_place():
    """It goes on before those who came after it, and is never refused nor gives up."""
    fault = Fault(edge=("A", "B"), down_s=[[2.5, 4.0]])
    demands = [at([1.0], pairs=3, patience_s=0.5), at([2.0], pairs=1)]
    result = once(one_link(sure()), demands, faults=[fault])
    assert figures(result, 0)[:2] == pytest.approx((0.0, 5.0))
    assert figures(result, 1)[:2] == pytest.approx((4.0, 1.0))
    demands = [at([1.0], pairs=3), at([3.0], pairs=1)]
    dropped = once(one_link(sure()), demands, faults=[fault], discipline="drop")
    assert figures(dropped, 0)[:2] == pytest.approx((0.0, 5.0))
    assert dropped.demands[1].counts["refused"] == 1


def test_a_pair_that_comes_as_the_edge_fails_is_delivered():
    """What happens at one moment: first pairs are made."""
    fault = Fault(edge=("A", "B"), down_s=[[3.0, 4.0]])
    result = once(one_link(sure()), [at([1.0], pairs=2)], faults=[fault])
    assert figures(result)[1] == pytest.approx(2.0)
    assert figures(result)[2]["late_pairs"] == 0


def test_sessions_are_lost_while_the_edge_is_down():
    """Of sessions that take no time but that of repair: the share of time that it is down."""
    fault = Fault(edge=("A", "B"), mtbf_s=30.0, mttr_s=10.0)
    demand = poisson(0.5)
    run = RunTimes(duration_s=5000.0, warm_up_s=100.0)
    described = case(
        one_link(sure(1e-3), None), [demand], run=run, faults=[fault], discipline="drop"
    )
    result = play_network(described)
    assert is_near(result.demands[0]["refused_fraction"], 0.25)


def test_a_backlog_delivers_while_the_edge_works():
    """Alternating renewal: rate times availability, the pair in the making lost at each failure."""
    fault = Fault(edge=("A", "B"), mtbf_s=50.0, mttr_s=25.0)
    demand = Demand(ends=("A", "B"), arrivals="backlog", pairs=7)
    run = RunTimes(duration_s=10_000.0, warm_up_s=100.0)
    result = play_network(case(one_link(link(p=0.2)), [demand], run=run, faults=[fault]))
    # In attempts of a second from each repair on: of an exponential time T there are floor(T).
    attempts = 1.0 / (2.718281828459045 ** (1.0 / 50.0) - 1.0)
    assert is_near(result.demands[0]["pair_rate_hz"], 0.2 * attempts / 75.0)
    assert is_near(result.edges[0].use, 50.0 / 75.0)


def long_line(**controller):
    """A-B-C-D of 100, 200 and 300 km."""
    lengths = {("A", "B"): 100.0, ("B", "C"): 200.0, ("C", "D"): 300.0}
    special = {ends: {"length_km": km, "link": far(km)} for ends, km in lengths.items()}
    return network(dict.fromkeys(lengths, sure()), special=special, **controller)


def far(length_km: float):
    """A link that always succeeds, in a second, over so many km."""
    return replace(sure(), length_km=length_km)


def test_messages_travel_along_the_shortest_fibres():
    """Times from each node, by hand; the centre is the node from which the farthest is nearest."""
    line = long_line()
    assert travel_times_s(line, "B") == pytest.approx([1e2 * PER_KM * k for k in (1, 0, 2, 5)])
    # From A 600 km, B 500, C 300, D 600.
    assert central_node(line) == "C"


@pytest.mark.parametrize("place", [None, "C", "A", "D"])
def test_requests_grants_and_releases_take_the_fibres_time(place):
    """Wait of two sessions, and the results of two swaps within service, by hand."""
    km = {None: (300.0, 300.0), "C": (300.0, 300.0), "A": (0.0, 600.0), "D": (600.0, 0.0)}[place]
    demands = [at([1.0], "A", "D"), at([1.5], "A", "D")]
    result = once(long_line(), demands, signalling="fibre", place=place)
    request, farthest = km[0] * PER_KM, max(km) * PER_KM
    # Swaps at B and C happen at once; the farther end of B is D, 500 km away; that of C is A.
    service = 1.0 + 500.0 * PER_KM
    first, second = figures(result, 0), figures(result, 1)
    assert first[:2] == pytest.approx((request + farthest, service))
    # The release leaves the farther end when the pair is there; the next grant goes at once.
    begun = 1.0 + request + farthest + service + farthest + farthest
    assert second[0] == pytest.approx(begun - 1.5)
    assert result.edges[0].use.best == pytest.approx(2 * (service + 2 * farthest) / 100.0)


def test_a_grant_that_comes_too_late_is_given_back():
    """The first end has lost patience when the grant reaches it, and sends the memories back."""
    demands = [at([1.0], "A", "D", patience_s=4e-3), at([1.0001], "A", "D")]
    result = once(long_line(), demands, signalling="fibre", place="D")
    # Request and grant take 3 ms each between A and D.
    assert result.demands[0].counts["gave_up"] == 1
    # Granted at D 3 ms after it came; refused at A 3 ms later, known at D another 3 ms later.
    assert figures(result, 1)[0] == pytest.approx(1.0 + 9e-3 + 3e-3 - 1.0001)


def test_a_session_that_is_granted_a_failed_edge_asks_again():
    """The grant leaves before the news of the fault is there; the service begins after repair."""
    fault = Fault(edge=("A", "B"), down_s=[[1.0035, 2.0]])
    result = once(long_line(), [at([1.0], "A", "D")], faults=[fault], signalling="fibre", place="D")
    # Granted at 1.003 s. At 1.006 s A knows, and that A-B has failed; D knows of the repair
    # 500 km after it, and its grant takes 600 km.
    assert figures(result)[0] == pytest.approx(1.0 + 1100.0 * PER_KM)


def test_a_controller_on_an_island_is_refused():
    """A demand that cannot reach its controller."""
    two = network({("A", "B"): sure(), ("X", "Y"): sure()})
    settings = ControllerSettings(signalling="fibre", place="X")
    described = replace(case(two, [at([1.0])]), controller=settings)
    with pytest.raises(ParameterError, match=r"controller\.place must reach 'A'"):
        play_network(described)


def test_a_fault_that_is_added_elsewhere_changes_no_digit():
    """Random failures belong to what fails: a fault of another edge, listed first, is not felt."""
    where = network({("A", "B"): link(0.5), ("C", "D"): link(0.5)})
    run = RunTimes(duration_s=300.0, replicas=2)
    one = Fault(edge=("A", "B"), mtbf_s=20.0, mttr_s=5.0)
    other = Fault(edge=("C", "D"), mtbf_s=30.0, mttr_s=5.0)
    asked = case(where, [poisson(0.2)], run=run, faults=[one])
    alone = play_network(asked).demands[0]
    beside = play_network(replace(asked, faults=(other, one))).demands[0]
    assert alone.counts["lost_pairs"] > 0
    assert (alone.figures, alone.counts) == (beside.figures, beside.counts)
