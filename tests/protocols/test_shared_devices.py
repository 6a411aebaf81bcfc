"""Devices that links share in turn: turns, stores that bridge them, losses of switches."""

from __future__ import annotations

import math

import pytest

import qnet
from qnet import EngineError, ParameterError
from qnet.hardware import Fibre, Recovery, TimeShare, least_cycle_s, most_scale, stores_needed
from qnet.schema.shipped import find

#: Turns of 100 and 300 s, 20 s of each without key: shares of 0.2 and 0.7.
NETWORK = """
kind = "key-network"
seed = 5
run = {{ duration_s = {duration}, replicas = {replicas} }}
topology = {{ edges = [["A", "B"], ["A", "C"]] }}
link = {{ {link} }}
store = {{ {store} }}
[[shared]]
edges = [["A", "B"], ["A", "C"]]
turn_s = [100.0, 300.0]
recovery = {{ switching_s = 1.0, polarisation_s = 12.0, phase_s = 3.0, clock_s = 4.0{more} }}
{tail}
[[demand]]
ends = ["A", "B"]
device = "one-time-pad"
data_rate_bit_per_s = {use}
"""


def played(**changes):
    """Both edges of the network."""
    values = {
        "duration": 4000.0,
        "replicas": 1,
        "link": "key_rate_hz = 1000.0",
        "store": "initial_bits = 100000",
        "more": "",
        "tail": "",
        "use": 200.0,
    }
    scenario = qnet.loads(NETWORK.format(**{**values, **changes}))
    return scenario.play().edges


def test_the_level_of_a_store_is_that_of_a_sawtooth():
    """Oracle: straight pieces: 100000, 96000, 160000, 100000 at 0, 20, 100 and 400 s."""
    near, far = played()
    assert near.key_rate_hz.best == pytest.approx(200.0, rel=1e-9)
    assert far.key_rate_hz.best == pytest.approx(700.0, rel=1e-9)
    mean = (20.0 * 98e3 + 80.0 * 128e3 + 300.0 * 130e3) / 400.0
    assert near.stored_bits.best == pytest.approx(mean, rel=1e-9)
    assert near.dry_fraction.best == 0.0


def test_running_recoveries_take_their_share():
    """Oracle: share x duty x rate: 5 s of every 100 s go to recalibration."""
    near, far = played(more=", repeat_s = 100.0, repeat_takes_s = 5.0")
    assert near.key_rate_hz.best == pytest.approx(0.2 * 0.95 * 1000.0, rel=1e-9)
    assert far.key_rate_hz.best == pytest.approx(0.7 * 0.95 * 1000.0, rel=1e-9)


def test_units_by_chance_come_at_the_mean_rate():
    """Oracle: a Poisson number of units of 100 bits, mean 2 per s of 40 cycles: five sigma."""
    link = 'key_rate_hz = 1000.0, fill = "poisson", unit_bits = 100'
    near, _ = played(link=link, duration=16_000.0)
    spread = 100.0 * math.sqrt(2.0 * 16_000.0) / 16_000.0
    assert abs(near.key_rate_hz.best - 200.0) < 5.0 * spread


def test_a_block_pauses_while_the_device_is_away():
    """Oracle: a block of 120 s of key takes 1.5 turns of 80 s: six in nine turns, at 200 bit/s."""
    link = 'key_rate_hz = 1000.0, fill = "blocks", block_bits = 120000'
    near, _ = played(link=link, duration=3600.0)
    assert near.key_rate_hz.best == pytest.approx(6 * 120_000 / 3600.0, rel=1e-9)


@pytest.mark.parametrize(("size", "is_dry"), [(1.0, False), (0.9, True)])
def test_a_store_of_the_needed_size_bridges_the_absence(size, is_dry):
    """Oracle: c C (1 - c/r) = 200 * 400 * 0.8 = 64000 bits, and less runs dry."""
    (needed,) = stores_needed([1000.0], [200.0], 400.0)
    assert needed == 64_000.0
    # At its first turn's end the store is full; it begins at what is left 300 s later, and 20 s on.
    store = f"initial_bits = 4000, capacity_bits = {round(size * needed)}"
    near, _ = played(store=store)
    assert (near.dry_fraction.best > 0.0) == is_dry


def test_the_largest_demand_is_where_a_store_is_just_large_enough():
    """Oracle: the closed forms of cycle and stores, and the turns themselves."""
    rates, shape, dead, stores = [2000.0, 1000.0, 500.0], [3.0, 1.0, 1.0], 25.0, [9e4, 2e4, 5e4]
    scale, plan = most_scale(rates, shape, dead, stores)
    wanted = [scale * each for each in shape]
    cycle = 75.0 / (1.0 - sum(c / r for c, r in zip(wanted, rates, strict=True)))
    assert plan.cycle_s == pytest.approx(cycle)
    for k, (c, r) in enumerate(zip(wanted, rates, strict=True)):
        assert r * plan.share(k) == pytest.approx(c)
    room = [s - n for s, n in zip(stores, stores_needed(rates, wanted, cycle), strict=True)]
    assert min(room) == pytest.approx(0.0, abs=1e-3)
    assert least_cycle_s([100.0], [100.0], 1.0) == math.inf


def test_windows_cover_the_share_of_the_time():
    """Oracle: 0.2 and 0.7 of ten cycles that begin before time 0."""
    plan = TimeShare((100.0, 300.0), 20.0)
    for link, share in ((0, 0.2), (1, 0.7)):
        windows = list(plan.windows(link, -1234.0, 2766.0))
        assert sum(high - low for low, high in windows) == pytest.approx(4000.0 * share)
        assert all(low < high for low, high in windows)
    assert Recovery(polarisation_s=3.0, phase_s=2.0, at_once=True, switching_s=1.0).dead_s == 4.0


def test_switches_cost_what_so_much_fibre_costs():
    """Oracle: 2 dB are 10 km at 0.2 dB/km, in the light and in the key of an edge."""
    assert Fibre(length_km=20.0, switch_loss_db=2.0).transmission == pytest.approx(10**-0.6)
    link = 'keyrate = "keyrate/lim2014"'
    edges = (
        '[[edge]]\nends = ["A", "B"]\nlength_km = {}\n[[edge]]\nends = ["A", "C"]\nlength_km = 9'
    )
    more = {"link": link, "use": 1e-3, "duration": 40_000.0}
    lossy = played(tail="switch_loss_db = 2.0\n" + edges.format(20), **more)
    longer = played(tail=edges.format(30), **more)
    assert lossy[0].key_rate_hz.best == pytest.approx(longer[0].key_rate_hz.best)
    assert lossy[1].key_rate_hz.best < longer[1].key_rate_hz.best


def test_a_run_of_one_link_has_the_loss_of_its_switches():
    """Oracle: the same key rate at 10 km more."""
    text = find("keyrate/lim2014").read_text(encoding="utf-8")
    rates = [
        qnet.loads(text.replace("length_km = 50", f"length_km = {km}\nswitch_loss_db = {db}"))
        for km, db in ((40, 2.0), (50, 0.0))
    ]
    one, other = (scenario.key_rate().value for scenario in rates)
    assert one == pytest.approx(other, rel=1e-9)
    assert one > 0.0


def test_the_exact_engine_names_the_one_that_plays_turns():
    """Oracle: the sentence."""
    scenario = qnet.loads(
        NETWORK.format(
            duration=400.0,
            replicas=1,
            link="key_rate_hz = 1000.0",
            store="",
            more="",
            tail="",
            use=10.0,
        )
    )
    with pytest.raises(EngineError, match=r"edges that share a device: use engine"):
        scenario.play(engine="exact")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[100.0, 300.0]", "10.0", "shared.0.*turn_s must be longer than the dead time of 20 s"),
        ("[100.0, 300.0]", "[100.0]", "turn_s must hold 2 times"),
        ("[100.0, 300.0]", "-1.0", "turn_s must be positive"),
        (
            'edges = [["A", "B"], ["A", "C"]]\nturn',
            'edges = [["A", "B"]]\nturn',
            "two edges or more",
        ),
        (
            'edges = [["A", "B"], ["A", "C"]]\nturn',
            'edges = [["A", "B"], ["B", "A"]]\nturn',
            "must not come twice",
        ),
        (
            'edges = [["A", "B"], ["A", "C"]]\nturn',
            'edges = [["A", "B"], ["B", "C"]]\nturn',
            "must be an edge of the topology",
        ),
        ("clock_s = 4.0", "clock_s = 4.0, repeat_takes_s = 2.0", "must come with repeat_s"),
        ("turn_s =", "switch_loss_db = 1.0\nturn_s =", "whose rate is no key rate of a fibre"),
        ("key_rate_hz = 1000.0", "schedule = [[1.0, 5.0]]", "not fill by a schedule of its own"),
    ],
)
def test_malformed_turns_are_refused_in_words(old, new, message):
    """Oracle: the rules that the table states."""
    text = NETWORK.format(
        duration=400.0, replicas=1, link="key_rate_hz = 1000.0", store="", more="", tail="", use=1.0
    )
    assert old in text
    with pytest.raises(ParameterError, match=message):
        qnet.loads(text.replace(old, new)).check()
