"""Technologies of a plan: rates, costs and trust of the options of a span."""

import math
import re
from dataclasses import replace

import pytest

import qnet
from protocols.key_rates.scenario import read_rate
from protocols.planning.optimise import Problem, SearchSpace, improvable, optimise
from protocols.planning.technologies.costs import COSTS, default_cost
from protocols.planning.technologies.kinds import KINDS_OF_TECHNOLOGY
from protocols.planning.technologies.line import WantedLine
from protocols.planning.technologies.rates import hop_rates
from protocols.planning.technologies.tables import AvailabilityTable, TechnologyTable
from qnet.coexistence import Coexistence, LaunchedChannel
from qnet.hardware import improved

TWIN_FIELD = """
kind = "twin-field"
intensity = 0.02
arm_transmission = 0.5
clock_hz = 1e8
dark_count_probability = 1e-8
"""


def designs(length_km=500.0, most_hz=1e4, *, given=None, few=False, folder="", **keys):
    """The designs of one technology for one line."""
    table = TechnologyTable(name="one", **keys)
    line = WantedLine(
        ends=("A", "B"),
        length_km=length_km,
        key_rate_hz=given,
        most_key_hz=most_hz,
        few_nodes=few,
        folder=folder,
    )
    return KINDS_OF_TECHNOLOGY[table.kind].designs(table, line)


def case(technology, sites='edges = [["A", "B", 500.0]]', demands='list = [["A", "B", 10e3]]'):
    """The case of a plan with these technologies."""
    return qnet.loads(f'kind = "plan"\n[sites]\n{sites}\n[demands]\n{demands}\n{technology}').case


LAW = "rate_hz_at_0_km = 1e6\nloss_db_per_km = 0.2\nnode_cost = 100.0\npair_cost = 50.0\n"


def test_the_line_of_500_km_has_5_hops_of_1_pair():
    """Oracle: enumeration of hops and pairs for Alleaume's line (650 for 10 kbit/s)."""
    options = case(f'[[technology]]\nname = "f"\nkind = "trusted-nodes"\n{LAW}').options
    bought = [
        (o.fixed_cost + o.pair_cost * p, o.hops, p)
        for o in options
        for p in range(1, 2000)
        if p * o.rate_hz.best >= 1e4 * (1 - 1e-9)
    ]
    every = [
        (100.0 * (h - 1) + 50.0 * h * p, h, p)
        for h in range(1, 60)
        for p in range(1, 2000)
        if p * 1e6 * 10 ** (-0.02 * 500 / h) >= 1e4 * (1 - 1e-9)
    ]
    assert min(bought) == min(every) == (650.0, 5, 1)


def test_no_more_hops_are_worked_out_than_may_win(monkeypatch):
    """Oracle: six hops cost 800 with one pair each, more than 650; the shortest hop is a check."""
    asked = []

    def counted(technology, line):
        rate = hop_rates(technology, line)
        return lambda length_km: asked.append(length_km) or rate(length_km)

    monkeypatch.setattr("protocols.planning.technologies.trusted_nodes.hop_rates", counted)
    designs(500.0, 1e4, rate_hz_at_0_km=1e6, node_cost=100.0, pair_cost=50.0)
    assert asked == [1.0, *(500.0 / hops for hops in range(1, 6))]


def test_hops_are_at_most_as_long_as_allowed():
    """Oracle: ceil(L/maximum) by hand, with a slack of 1e-9 for rounding."""
    keys = {"rate_hz_at_0_km": 1e9, "maximum_hop_km": 120.0}
    for length, fewest in ((120.0, 1), (120.0 * (1 + 1e-12), 1), (121.0, 2), (500.0, 5)):
        assert min(each.hops for each in designs(length, **keys).designs) == fewest


def test_a_given_rate_is_one_hop_whatever_its_length():
    """Oracle: what the interface says of an edge with key_rate_hz."""
    (one,) = designs(900.0, given=2e4, rate_hz_at_0_km=1e6, maximum_hop_km=10.0).designs
    assert (one.hops, one.nodes, one.rate_hz.best, one.fixed_cost) == (1, 0, 2e4, 0.0)


def test_the_rate_of_a_file_is_that_of_the_key_rate_command():
    """Oracle: the key rate of the same file at the length of the hop."""
    (one,) = designs(50.0, 1.0, keyrate="keyrate/lim2014", minimum_hop_km=50.0).designs
    scenario = qnet.load("keyrate/lim2014")
    rate = scenario.key_rate()
    seconds = rate.figures["secret_bits"] / (rate.value * scenario.clock_hz)
    assert one.rate_hz.best == pytest.approx(math.floor(rate.figures["secret_bits"]) / seconds)
    assert one.security.notion == "composable"


def test_a_file_takes_another_loss_of_the_fibre():
    """Oracle: 50 km at 0.4 dB/km are 100 km at 0.2 dB/km for a key rate per pulse."""
    keys = {"keyrate": "keyrate/lim2014"}
    (near,) = designs(50.0, 1.0, **keys, loss_db_per_km=0.4, minimum_hop_km=50.0).designs
    (far,) = designs(100.0, 1.0, **keys, loss_db_per_km=0.2, minimum_hop_km=100.0).designs
    assert near.rate_hz.best == pytest.approx(far.rate_hz.best, rel=1e-9)


def test_too_long_for_any_hop_is_said():
    """Oracle: noise above the largest error rate of BB84 gives no key at any length."""
    found = designs(10.0, keyrate="keyrate/lim2014", coexistence=lit(30.0))
    assert found.designs == ()
    assert found.reason.startswith("no key at any length of a hop: over 1 km, no key")


def lit(power_dbm):
    """One classical channel in the C band beside a quantum channel at 1550 nm."""
    return Coexistence(
        channels=(LaunchedChannel(wavelength_nm=1560.0, power_dbm=power_dbm),),
        quantum_wavelength_nm=1550.0,
        gate_s=1e-9,
        filter_nm=0.6,
    )


def test_a_shared_fibre_has_less_key_and_says_its_wavelengths():
    """Oracle: the key rate of the file with the same [coexistence]."""
    keys = {"keyrate": "keyrate/lim2014", "minimum_hop_km": 40.0}
    (dark,) = designs(40.0, 1.0, **keys).designs
    (shared,) = designs(40.0, 1.0, **keys, coexistence=lit(-20.0), fibre_cost_per_km=0.5).designs
    values = qnet.schema.parse(qnet.schema.read_text(qnet.schema.shipped.find("keyrate/lim2014")))
    values["fibre"]["length_km"] = 40.0
    rate = read_rate({**values, "coexistence": lit(-20.0)})[0].key_rate()
    assert shared.rate_hz.best == pytest.approx(rate.value * 1e9, rel=1e-6)
    assert 0.0 < shared.rate_hz.best < dark.rate_hz.best
    assert shared.fixed_cost - dark.fixed_cost == 20.0
    assert any("1550 nm beside classical channels at 1560 nm" in note for note in shared.notes)


def test_channels_of_the_file_itself_are_said_as_well():
    """Oracle: the [coexistence] of the file."""
    keys = {"keyrate": "coexistence/beside-400g", "minimum_hop_km": 20.0}
    (one,) = designs(20.0, 1.0, **keys).designs
    assert one.notes[-1].endswith("1310 nm beside classical channels at 1547, 1551 nm")


def test_twin_field_falls_as_the_square_root():
    """Oracle: the closed form R0 10^(-loss km/20); a station in each hop, nodes between them."""
    found = designs(600.0, 1e3, kind="twin-field", rate_hz_at_0_km=1e6, maximum_hop_km=300.0)
    two = found.designs[0]
    assert (two.hops, two.nodes, two.stations) == (2, 1, 2)
    assert two.rate_hz.best == pytest.approx(1e6 * 10 ** (-0.2 * 300 / 20))
    assert two.fixed_cost == 100.0 + 2 * default_cost("twin-field", "station_cost")


def test_twin_field_of_a_file_has_half_the_hop_in_each_arm(tmp_path):
    """Oracle: the key rate of the file with the arms written down."""
    (tmp_path / "tf.toml").write_text(TWIN_FIELD, encoding="utf-8")
    keys = {"kind": "twin-field", "keyrate": "tf.toml", "minimum_hop_km": 200.0}
    (one,) = designs(200.0, 1.0, folder=str(tmp_path), **keys).designs
    written = qnet.loads(TWIN_FIELD.replace("= 0.5", f"= {0.5 * 10 ** (-0.2 * 100 / 10)}"))
    assert one.rate_hz.best == pytest.approx(written.key_rate().value * 1e8, rel=1e-12)


def test_repeaters_have_the_rate_and_bracket_of_the_optimiser():
    """Oracle: the optimiser that stands, asked for the same chain; stations count segments."""
    found = designs(400.0, 10.0, kind="repeater", chain="swap-asap-8", segments=(8,))
    (one,) = found.designs
    chain = replace(qnet.load("swap-asap-8"), length_km=400.0)
    space = SearchSpace(segments=(8,), strategies=("swap-asap",), cutoff="none")
    best = optimise(Problem.of_chain(chain), space).best
    assert one.rate_hz == best.figures["secret_key_rate_hz"]
    assert (one.hops, one.nodes, one.stations) == (1, 0, 7)
    assert one.fixed_cost == 7 * default_cost("repeater", "node_cost")
    assert one.pair_cost == 8 * default_cost("repeater", "pair_cost")


IONS = """
kind = "chain"
[chain]
segments = 1
length_km = 10
[link]
scheme = "double-click"
preset = "trapped-ion"
"""


def test_a_target_says_which_hardware_it_needs(tmp_path):
    """Oracle: the hardware improved by the factor of the note just reaches the target."""
    (tmp_path / "ions.toml").write_text(IONS, encoding="utf-8")
    keys = {"kind": "repeater", "chain": "ions.toml", "folder": str(tmp_path)}
    (one,) = designs(10.0, 1.0, **keys).designs
    target = 2.0 * one.rate_hz.best
    (told,) = designs(10.0, 1.0, **keys, target_key_rate_hz=target).designs
    factor = float(re.search(r"that is (\S+) times as good", told.notes[-1])[1])
    chain, best = qnet.loads(IONS), {}
    hardware, setting = improvable(chain)
    for share in (0.98, 1.02):
        problem = setting(improved(hardware, factor * share))
        best[share] = optimise(problem, SearchSpace(segments=(1,))).best.secret_key_rate_hz
    assert best[0.98] < target < best[1.02]
    (easy,) = designs(10.0, 1.0, **keys, target_key_rate_hz=target / 10.0).designs
    assert easy.notes[-1].startswith("the hardware reaches the target of")


def test_the_length_of_a_chain_is_rounded_up():
    """Oracle: the same chain at the rounded length; the rate is never above that of the length."""
    keys = {"kind": "repeater", "chain": "best-500-km", "segments": (4,), "length_step_km": 50.0}
    (rounded,) = designs(110.0, 1.0, **keys).designs
    (exact,) = designs(150.0, 1.0, **keys).designs
    assert rounded.rate_hz == exact.rate_hz


def test_fewer_segments_are_looked_at_where_the_links_know_their_length(tmp_path):
    """Oracle: the rate of each number, asked for alone: the cheapest for the flow is among them."""
    (tmp_path / "ions.toml").write_text(IONS.replace("segments = 1", "segments = 2"), "utf-8")
    keys = {"kind": "repeater", "chain": "ions.toml", "folder": str(tmp_path), "station_cost": 0.0}
    both = designs(10.0, 1e-3, **keys).designs
    alone = [designs(10.0, 1e-3, **keys, segments=(n,)).designs for n in (1, 2)]
    costs = [each.cost(1e-3) for found in alone for each in found]
    assert min(each.cost(1e-3) for each in both) == min(costs)
    # Abstract links have one rate whatever their length: their number stays as it is.
    (one,) = designs(400.0, 1.0, kind="repeater", chain="swap-asap-8").designs
    assert one.stations == 7
    assert one.notes[-1].startswith("the success probability of its links is as given")


def test_a_law_of_repeaters_is_that_of_the_span():
    """Oracle: the closed form; no segment is longer than the longest."""
    keys = {"kind": "repeater", "rate_hz_at_0_km": 1e3, "loss_db_per_km": 0.02}
    (one,) = designs(500.0, 1.0, **keys, maximum_hop_km=100.0, station_cost=7.0).designs
    assert (one.stations, one.nodes, one.fixed_cost) == (4, 0, 28.0)
    assert one.rate_hz.best == pytest.approx(100.0)


def test_availability_is_mtbf_over_mtbf_and_mttr():
    """Oracle: P-Q1, a line of 5 hops with 4 nodes: 0.992816021."""
    table = (
        '[[technology]]\nname = "f"\nkind = "trusted-nodes"\nmaximum_hop_km = 100.0\n'
        "availability = { mtbf_h = 8760.0, mttr_h = 12.0 }\n"
        f"node_availability = {{ mtbf_h = 43800.0, mttr_h = 4.0 }}\n{LAW}"
    )
    one = case(table).options[0]
    assert one.hop_availability**5 * one.node_availability**4 == pytest.approx(
        0.992816021, abs=1e-9
    )
    assert one.hop_repairs == (8760.0 * 3600.0, 12.0 * 3600.0)
    assert AvailabilityTable(mtbf_h=1.0, mttr_h=0.0).share == 1.0


def test_a_span_without_key_says_why_and_costs_what_is_assumed_say_so():
    """Oracle: a span with no length and no rate of its own has no option, and its name says so."""
    sites = 'edges = [["A", "B", 80.0], ["B", "C"]]'
    found = case('[[technology]]\nname = "f"\nrate_hz_at_0_km = 1e6\n', sites)
    assert found.losses == {
        "B - C": "f: it has no length: give one, a key_rate_hz, or places of both ends"
    }
    assert "assumed costs of f: node_cost, pair_cost, fibre_cost_per_km" in found.options[0].notes


def test_most_pairs_limit_an_option():
    """Oracle: the key of the technology's table."""
    found = case(f'[[technology]]\nname = "f"\nmaximum_pairs = 3\n{LAW}')
    assert {each.most_pairs for each in found.options} == {3}


def test_every_default_cost_is_assumed_or_has_a_source():
    """Oracle: the words of its own table."""
    assert all(each.basis and each.cost >= 0.0 and each.what for each in COSTS)
    assert all("assumed" in each.basis for each in COSTS)
