"""Plans with many pairs of devices, or spans over which a single hop carries next to nothing."""

import math
from itertools import product

import pytest

from protocols.planning.design.bill import sized_plan
from protocols.planning.design.check import check_plan
from protocols.planning.design.heuristics import Heuristics
from protocols.planning.design.lines import span_lines
from protocols.planning.design.programme import design
from protocols.planning.design.routing import demands_of_routes
from protocols.planning.scenario import PlanScenario
from protocols.planning.sites.demand_table import DemandsTable
from protocols.planning.sites.site_table import SitesTable
from protocols.planning.technologies.tables import TechnologyTable
from qnet.errors import ParameterError

NODE, PAIR = 100.0, 50.0


def scenario(edges, demands, *, rate_hz=1e6, **keys):
    fibre = TechnologyTable(
        name="fibre", rate_hz_at_0_km=rate_hz, node_cost=NODE, pair_cost=PAIR, **keys
    )
    return PlanScenario(
        sites=SitesTable(edges=edges), demands=DemandsTable(listed=demands), technology=(fibre,)
    )


def line_cost(length_km, load_hz, rate_hz=1e6):
    """Least cost of a line of up to 60 equal hops, by enumeration."""
    costs = []
    for hops in range(1, 61):
        pairs = math.ceil(load_hz / (rate_hz * 10 ** (-0.02 * length_km / hops)) * (1 - 1e-9))
        costs.append((hops - 1) * NODE + hops * max(1, pairs) * PAIR)
    return min(costs)


@pytest.mark.parametrize("demand_hz", [10e3, 3e6])
def test_a_line_without_a_longest_hop_is_the_cheapest_of_all(demand_hz):
    """Oracle: enumeration of hops, also with hundreds of pairs on each."""
    plan = scenario([["A", "B", 900.0]], [["A", "B", demand_hz]]).plan()
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(line_cost(900.0, demand_hz), rel=1e-9)


@pytest.mark.parametrize("scale", [1.0, 400.0])
def test_a_triangle_without_a_longest_hop(scale):
    """Oracle: enumeration of the ways of both demands."""
    lengths = {("A", "B"): 850.0, ("B", "C"): 540.0, ("A", "C"): 590.0}
    wanted = {("A", "B"): 2e3 * scale, ("A", "C"): 5e3 * scale}
    costs = []
    for detours in product((False, True), repeat=2):
        loads: dict[tuple[str, str], float] = {}
        relays = set()
        for (ends, rate), detour in zip(wanted.items(), detours, strict=True):
            for span in [each for each in lengths if each != ends] if detour else [ends]:
                loads[span] = loads.get(span, 0.0) + rate
            relays |= {"ABC".replace(ends[0], "").replace(ends[1], "")} if detour else set()
        costs.append(NODE * len(relays) + sum(line_cost(lengths[s], x) for s, x in loads.items()))
    case = scenario(
        [[*ends, km] for ends, km in lengths.items()],
        [[*ends, rate] for ends, rate in wanted.items()],
    ).case
    plan = design(case, gap=1e-4, time_limit_s=60.0)
    assert check_plan(plan) == ()
    assert plan.objective <= min(costs) * (1.0 + 1e-9)
    assert plan.bound is not None
    assert plan.bound <= min(costs) * (1.0 + 1e-9)


def test_a_heuristic_builds_what_it_counted():
    """Oracle: its own cost, where lines have more steps than columns stand for."""
    case = scenario([["A", "B", 300.0], ["B", "C", 200.0]], [["A", "C", 5e7]]).case
    lines = span_lines(case, range(len(case.options)), 5e7)
    assert not any(line.steps for line in lines)
    routed = Heuristics(case, lines, math.inf).shortest_paths()
    demands = demands_of_routes(case, lines, routed)
    plan = sized_plan(case, demands, status="time limit", found_by=routed.name)
    assert plan.objective == pytest.approx(routed.cost, rel=1e-12)


def test_devices_without_number_are_no_way():
    """Oracle: a hop of 1e-300 bit/s takes 1e303 pairs."""
    with pytest.raises(ParameterError, match=r"1e\+06 pairs of devices .* do not carry 1000 bit/s"):
        scenario([["A", "B", 50.0]], [["A", "B", 1e3]], rate_hz=1e-300).plan()
