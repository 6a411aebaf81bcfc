"""Plans that come with the package: every span has an option, every demand two ways where asked."""

import pytest
import rustworkx as rx

import qnet

#: Sites, spans of fibre and demands of each.
SIZES = {"europe": (27, 70, 351), "national": (16, 29, 120), "ring": (8, 10, 28)}


def graph_of(case):
    """The sites with the spans that have an option, satellites among them."""
    graph = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(len(case.sites)))
    for option in case.options:
        graph.add_edge(*option.ends, None)
    return graph


@pytest.mark.parametrize("name", sorted(SIZES))
def test_a_plan_of_the_package_has_an_option_for_every_span(name):
    """Oracle: rustworkx for the graph; pairs of sites by hand."""
    scenario = qnet.load(f"planning/{name}")
    case = scenario.case
    sites, spans, demands = SIZES[name]
    assert len(scenario.graph.sites) == sites
    assert len(scenario.graph.spans) == spans
    assert len(case.demands) == demands == sites * (sites - 1) // 2
    assert case.losses == {}
    assert {option.span for option in case.options} == set(range(len(case.span_names)))
    graph = graph_of(case)
    assert rx.is_connected(graph)
    if case.require.disjoint_paths == 2:
        assert not rx.bridges(graph)
        assert not (case.require.by == "nodes" and rx.articulation_points(graph))


def test_satellites_of_europe_are_one_site_with_a_span_to_every_capital():
    """Oracle: what is settled of satellites."""
    case = qnet.load("planning/europe").case
    assert case.sites[-1].source == 0
    ends = sorted(option.ends for option in case.options if option.source == 0)
    assert ends == [(site, 27) for site in range(27)]
    # A month of autumn: the north has longer nights, so more key.
    rates = {case.sites[o.ends[0]].name: o.rate_hz.best for o in case.options if o.source == 0}
    assert rates["Helsinki"] > rates["Berlin"] > rates["Valletta"]
