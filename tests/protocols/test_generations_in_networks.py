"""One-way, all-photonic and encoded links as edges of networks and of key networks."""

import pytest

import qnet
from protocols.key_networks.edge_rates import edge_rate
from protocols.key_networks.tables import KeyLink
from protocols.repeaters import Chain
from protocols.repeaters.cost import resources
from protocols.repeaters.one_way_table import OneWayTable

NETWORK = """
kind = "network"
run = { duration_s = 1.0 }
topology.edges = [["A", "B"], ["B", "C"]]
[link]
preset = "blueprint"
[[edge]]
ends = ["A", "B"]
length_km = 50.0
[[edge]]
ends = ["B", "C"]
length_km = 10.0
[[demand]]
ends = ["A", "C"]
rate_hz = 100.0
"""
SENT = '\nlink.one_way = { code = "qpc", n = 7, m = 4, coupling = 0.98, logical_error = 1e-4 }'
SOURCES = "\nlink.all_photonic = { n = 3, m = 14, branching = [10, 5] }"
FIRST = "length_km = 50.0"


@pytest.mark.parametrize(("own", "stations"), [(SENT, 51), (SOURCES, 5)])
def test_an_edge_past_stations_is_the_link_of_the_chain(own, stations):
    """Oracle: the flips of its 50 stations; 50 or 3 + 1 pieces of the way, and the bare edge."""
    network = qnet.loads(NETWORK.replace(FIRST, FIRST + own))
    chain = network.chain(["A", "B", "C"])
    plan = chain.plan()
    assert resources(plan).stations == stations
    if own == SENT:
        way = OneWayTable(code="qpc", n=7, m=4, coupling=0.98, logical_error=1e-4)
        assert network.network.edges[0].link == Chain(length_km=50.0, one_way=way).plan()
        alone = Chain(links=(plan_of(network, 0),), length_km=50.0).play(engine="exact")
        assert float(alone.qber_x) == pytest.approx((1.0 - (1.0 - 2e-4) ** 50) / 2.0, abs=1e-9)


def plan_of(network, edge):
    """The link of an edge."""
    return network.network.edges[edge].link


def test_all_edges_may_be_one_way_and_one_may_differ():
    """Oracle: the schemes that the file says."""
    text = NETWORK.replace('preset = "blueprint"', SENT.strip().removeprefix("link."))
    own = '\nlink.one_way = { code = "tree", branching = [4, 14, 4], spacing_km = 2.0 }'
    network = qnet.loads(text.replace(FIRST, FIRST + own))
    first, second = (part.segment.hardware.code_name for part in network.edge_parts)
    assert (first, second) == ("tree-4-14-4", "qpc-7-4")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((FIRST, f'{FIRST}\nlink.encode = {{ code = "steane" }}'), 'file of kind = "chain"'),
        (("[link]", '[encode]\ncode = "steane"\n[link]'), 'file of kind = "chain"'),
        (("[link]", '[one_way]\ncode = "513"\n[link]'), "the link of an [[edge]]"),
        ((FIRST, FIRST + SENT + "\nlink.modes = 3"), "says how pairs are made"),
        (
            (FIRST, FIRST + SENT + "\ncoexistence.channels = [{ wavelength_nm = 1530.0 }]"),
            "edge[0].coexistence",
        ),
        ((FIRST, f"{FIRST}{SENT}\nfibre.loss_db_per_km = 0.3"), "attenuation_km"),
        (("length_km = 50.0", SENT.strip()), "length_km"),
    ],
)
def test_what_no_edge_can_be_is_refused(change, message):
    """Oracle: the messages, judged by eye: each says where it belongs or what to leave out."""
    with pytest.raises(qnet.ParameterError) as caught:
        qnet.loads(NETWORK.replace(*change)).edge_parts  # noqa: B018 - links are described here
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["one-way", "all-photonic"])
def test_a_key_edge_takes_the_rate_of_a_chain_of_any_generation(name):
    """Oracle: the low end of the key rate that the chain itself has at the edge's length."""
    file = f"generations/{name}"
    found = edge_rate(KeyLink(chain=file), ("A", "B"), 120.0, {})
    chain = qnet.load(f"experiments/scenarios/{file}.toml").with_(length_km=120.0)
    rate = chain.play(engine="exact").secret_key_rate_hz
    assert found.fill.rate_hz == pytest.approx(rate.low)
    assert rate.low > 0.0


def test_a_key_edge_whose_links_are_of_given_lengths_is_refused(tmp_path):
    """Oracle: the message: the file is for one length, the edge has another."""
    links = '[[links]]\nencode = { code = "none" }\n' * 2
    text = f'kind = "chain"\n[chain]\nsegment_lengths_km = [5.0, 5.0]\n{links}'
    (tmp_path / "mixed.toml").write_text(text)
    with pytest.raises(qnet.ParameterError, match="cut into equal ones"):
        edge_rate(KeyLink(chain="mixed.toml"), ("A", "B"), 30.0, {}, folder=str(tmp_path))


def test_a_loss_that_is_said_twice_is_refused():
    """Oracle: the message names the key of the file that says it already."""
    with pytest.raises(qnet.ParameterError, match=r"one_way\.attenuation_km"):
        edge_rate(KeyLink(chain="generations/one-way"), ("A", "B"), 9.0, {"loss_db_per_km": 0.2})
