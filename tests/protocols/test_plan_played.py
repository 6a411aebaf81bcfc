"""Plans that are played: each promise in its interval, each failure as the ways foretell it."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import pytest

import qnet
from protocols.planning.operation.failures import after_each_failure
from protocols.planning.playing.failures import failing_things, replay_failures
from protocols.planning.playing.faults import plan_faults, repairs_of
from protocols.planning.playing.files import (
    key_network_of,
    key_network_text,
    key_network_values,
    sae_names,
)
from protocols.planning.playing.layout import PlanLayout
from protocols.planning.playing.play import play_plan
from protocols.planning.technologies.tables import TechnologyTable
from qnet.errors import ParameterError
from qnet.network import RunTimes
from tests.protocols.hand_made_plans import option, part, plan, ring, trusted_line, with_satellite

#: Availability of each demand of each plan, from what its ways need, by hand: hops up 0.98, nodes
#: and relays 0.99; of the ring the second way is up independently.
LINE = (0.98**5 * 0.99**4, 0.98**2 * 0.99)
RING = tuple(1.0 - (1.0 - 0.98**a) * (1.0 - 0.98**b) for a, b in ((2, 2), (1, 3)))
SKY = (0.98**4 * 0.99**2, (7.0 * 0.98**2 + 2.0 * 0.98) / 9.0)


@pytest.mark.parametrize(
    ("made", "availability"), [(trusted_line, LINE), (ring, RING), (with_satellite, SKY)]
)
def test_three_plans_hold_what_they_promise(made, availability):
    """Oracle: products of availabilities by hand; the network is played with every fault drawn."""
    found = play_plan(made())
    assert [d.promised_availability for d in found.demands] == pytest.approx(availability)
    for demand in found.demands:
        assert demand.promised_hz == pytest.approx(demand.asked_hz * demand.promised_availability)
        assert demand.found_hz.low <= demand.promised_hz <= demand.found_hz.high
        assert demand.found_hz.high - demand.found_hz.low <= 0.05 * demand.promised_hz
        assert demand.holds
    assert found.holds
    assert found.warnings == ()
    assert found.as_dict()["demands"][0]["key_rate_hz"]["holds"] is True


def test_a_plan_that_promises_too_much_is_found_out():
    """Oracle: a hop that is up 0.90 and not 0.98 of the time gives less than was promised."""
    good = trusted_line()
    rare = {"hop_repairs": (90.0 * 3600.0, 10.0 * 3600.0)}
    worse = [option((0, 1), 0, 800.0, hops=3, **rare), option((1, 2), 1, 1500.0, hops=2, **rare)]
    case = type(good.case)(sites=good.case.sites, options=tuple(worse), demands=good.case.demands)
    found = play_plan(plan(case, {0: 2, 1: 1}, [d.parts for d in good.demands], relays=[1]))
    assert not found.holds
    short = play_plan(good, run=RunTimes(duration_s=4e5, replicas=20))
    assert any("play it longer" in sentence for sentence in short.warnings)


def test_outages_that_are_too_rare_to_be_seen():
    """Oracle: a short run sees no outage of 4e-10 of the time; that bounds what there may be."""
    rare = {"hop_availability": 1.0 - 1e-5, "hop_repairs": (3.6e8 - 3.6e3, 3.6e3)}
    good = ring()
    case = replace(good.case, options=tuple(replace(o, **rare) for o in good.case.options))
    found = play_plan(replace(good, case=case), run=RunTimes(duration_s=1e6, replicas=20))
    assert found.holds
    for each in found.demands:
        assert each.found_availability.best == 1.0
        # Of no outage in 2e7 s there may be ln(2/alpha) = 9, of an hour each.
        bound = math.log(2.0 / (1e-3 / 4.0)) * 3600.0 / 2e7
        assert each.found_availability.low == pytest.approx(1.0 - bound, rel=1e-9)


def test_the_result_is_the_same_for_any_number_of_workers():
    # Oracle: the same seed.
    run = RunTimes(duration_s=1e6, replicas=10)
    assert play_plan(ring(), run=run, workers=2) == play_plan(ring(), run=run)


@pytest.mark.parametrize("made", [trusted_line, ring, with_satellite])
def test_every_single_failure_as_an_event(made):
    """Oracle: what ways without the failed thing carry; all is served before and after."""
    drawn = made()
    wanted = [demand.key_rate_hz for demand in drawn.case.demands]
    found = replay_failures(drawn)
    assert len(found) == len(failing_things(PlanLayout(drawn)))
    for each in found:
        assert each.before_hz == pytest.approx(wanted, rel=1e-6)
        assert each.after_hz == pytest.approx(wanted, rel=1e-6)
        assert each.during_hz == pytest.approx(each.expected_hz, abs=1e-3)
        assert each.agrees


def test_what_each_failure_takes():
    """By hand: names of what fails, and the demands that it stops."""
    rows = {(r.kind, r.name): r for r in replay_failures(with_satellite())}
    assert set(rows) == {
        ("span", "Nord - Mitte"),
        ("span", "Nord over leo"),
        ("span", "Süd over leo"),
        ("node", "Nord-Mitte 1"),
        ("relay", "Nord"),
        ("satellite", "leo"),
    }
    assert rows["span", "Nord - Mitte"].hit == (0, 1)
    assert rows["node", "Nord-Mitte 1"].during_hz == pytest.approx((0.0, 200.0), abs=1e-3)
    assert rows["satellite", "leo"].hit == (0,)
    assert all(row.hit == () for row in replay_failures(ring()))


def test_layout_of_a_line():
    """By hand: five edges, three nodes on the way, two pairs over the first line."""
    layout = PlanLayout(trusted_line())
    assert layout.nodes == (
        "Alpha", "Beta", "Gamma", "Alpha-Beta 1", "Alpha-Beta 2", "Beta-Gamma 1"
    )  # fmt: skip
    assert [hop.key_rate_hz for hop in layout.hops] == [1600.0] * 3 + [1500.0] * 2
    assert [hop.load_hz for hop in layout.hops] == [1000.0] * 3 + [1500.0] * 2
    first, second = layout.parts
    assert first.ways == (
        ("Alpha", "Alpha-Beta 1", "Alpha-Beta 2", "Beta", "Beta-Gamma 1", "Gamma"),
    )
    assert second.ways == (("Gamma", "Beta-Gamma 1", "Beta"),)
    # Five hops, three nodes on the way and a relay.
    assert len(plan_faults(layout)) == 9


def test_stations_fail_with_their_edge():
    """By hand: four segments and three stations of a chain without trust are seven faults."""
    chain = option((0, 1), 0, 100.0, hops=4, nodes=0, stations=3, node_availability=0.9)
    case = type(ring().case)(
        sites=trusted_line().case.sites[:2], options=(chain,), demands=ring().case.demands[1:]
    )
    layout = PlanLayout(plan(case, {0: 1}, [[part(50.0, ((1, 0), (0,)))]]))
    faults = plan_faults(layout)
    assert [fault.edge for fault in faults] == [("Alpha", "Beta")] * 7
    up = [f.mtbf_s / (f.mtbf_s + f.mttr_s) for f in faults]
    assert sorted(up) == pytest.approx([0.9] * 3 + [0.98] * 4)
    assert repairs_of(1.0, None) is None


def test_two_options_between_the_same_sites():
    """By hand: the second line of no nodes has a node of its own within the first site."""
    layout = PlanLayout(with_satellite())
    assert layout.nodes_of[0] == ("Nord", "Nord-Mitte 1", "Mitte")
    sites = ring().case.sites[:2]
    twice = (option((0, 1), 0, 10.0), option((0, 1), 1, 10.0, technology="sky"))
    case = type(ring().case)(sites=sites, options=twice, demands=ring().case.demands[1:])
    ways = ((1, 0), (0,)), ((1, 0), (1,))
    layout = PlanLayout(plan(case, {0: 1, 1: 1}, [[part(5.0, *ways)]]))
    assert layout.nodes_of[1] == ("A", "A, sky", "B")
    assert layout.parts[0].ways == (("B", "A"), ("B", "A, sky", "A"))


def test_satellites_share_their_time():
    """By hand: 100 of 400 and 100 of 200 bit/s take 3/4 of a satellite; all is given out."""
    rates = {hop.ends: hop.key_rate_hz for hop in PlanLayout(with_satellite()).hops}
    assert rates["Nord", "leo"] == pytest.approx(400.0 / 3.0)
    assert rates["Süd", "leo"] == pytest.approx(400.0 / 3.0)


def test_the_file_is_what_is_played():
    """Oracle: text, read again, is the network of the plan; nobody else relays."""
    values = key_network_values(trusted_line())
    again = qnet.loads(key_network_text(trusted_line()))
    assert again.canonical() == key_network_of(trusted_line()).canonical()
    assert [sae["node"] for sae in values["sae"]] == ["Alpha", "Gamma", "Beta"]
    assert {node.name for node in again.nodes if not node.trusted} == {"Alpha", "Gamma"}
    assert qnet.loads(key_network_text(ring())).relay.needed == 1


def test_rates_out_of_files_keep_their_claim():
    """Oracle: the key rate of the file at the length of a hop, for two pairs side by side."""
    table = TechnologyTable(name="trusted-fibre", keyrate="keyrate/lim2014")
    rate = qnet.loads(
        'kind = "key-network"\n[topology]\nedges = [["A", "B", 60.0]]\n'
        '[link]\nkeyrate = "keyrate/lim2014"\nfill = "even"\n'
    ).case.edges[0]
    built = option((0, 1), 0, rate.fill.rate_hz, hops=2)
    case = type(ring().case)(
        sites=ring().case.sites[:2], options=(built,), demands=ring().case.demands[1:]
    )
    drawn = plan(case, {0: 2}, [[part(100.0, ((1, 0), (0,)))]])
    edge, _ = key_network_of(drawn, technologies=[table]).case.edges
    assert edge.fill.rate_hz == pytest.approx(2.0 * rate.fill.rate_hz, rel=1e-9)
    assert edge.security == rate.security
    assert edge.security.notion == "composable"
    assert key_network_of(drawn).case.edges[0].security.notion == "none"


def test_names_of_saes():
    # Oracle: what a certificate can carry, and no name twice.
    names = sae_names(["Köln", "Koln", "kme-1", "日本", "a" * 90])
    assert names["Köln"] == "sae-Koln"
    assert names["Koln"] == "sae-Koln-2"
    assert names["日本"] == "sae-site"
    assert len(set(names.values())) == 5


def test_nothing_is_played_of_no_plan():
    # Oracle: the reason of the plan.
    none = plan(ring().case, {}, [], objective=None, status="infeasible", reason="A has no way")
    with pytest.raises(ParameterError, match="A has no way"):
        play_plan(none)


def test_all_states_of_the_ring():
    """Oracle: enumeration of the sixteen states of its four edges."""
    found = []
    for first, second in (((0, 1), (2, 3)), ((0,), (1, 2, 3))):
        total = 0.0
        for up in product((True, False), repeat=4):
            weight = 1.0
            for each in up:
                weight *= 0.98 if each else 0.02
            total += weight * (all(up[k] for k in first) or all(up[k] for k in second))
        found.append(total)
    assert found == pytest.approx(RING, rel=1e-12)


@pytest.mark.parametrize("made", [trusted_line, ring, with_satellite])
def test_replays_agree_with_the_assessment(made):
    """Oracle: shares that the assessment says are lost, from its own sets of what is down."""
    drawn = made()
    computed = {
        frozenset(effect.failure.options): effect.lost
        for effect in after_each_failure(drawn, reroute=False)
        if effect.failure.kind in ("span", "unit")
    }
    things = failing_things(PlanLayout(drawn))
    compared = 0
    for thing, replayed in zip(things, replay_failures(drawn), strict=True):
        lost = computed.get(frozenset(k for _, k in thing.needs))
        if thing.kind not in ("span", "satellite") or lost is None:
            continue
        rows = zip(replayed.before_hz, replayed.during_hz, strict=True)
        found = [1.0 - during / before for before, during in rows]
        assert found == pytest.approx(lost, abs=1e-5), thing.name
        compared += 1
    assert compared >= 2
