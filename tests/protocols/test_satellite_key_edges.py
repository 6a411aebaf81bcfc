"""Edges of a key network that fill by a schedule: given outright, or a satellite's passes."""

from __future__ import annotations

import numpy as np
import pytest

import qnet
from protocols.key_networks.schedules import satellite_schedule
from qnet.errors import EngineError, ParameterError
from tests.protocols.key_network_cases import agrees, key_network

ORBIT = """
kind = "satellite"
[orbit]
altitude_km = 500.0
inclination_deg = 97.4
node_deg = 10.0
precession = false
[[station]]
name = "A"
latitude_deg = 40.649
longitude_deg = 0.0
[[station]]
name = "B"
latitude_deg = 52.5
longitude_deg = 13.4
[period]
start = "2026-06-01T00:00:00Z"
days = 4
[optics]
wavelength_nm = 810
transmitter_radius_m = 0.15
beam_waist_m = 0.15
receiver_radius_m = 0.6
fixed_loss_db = 15.0
[source]
clock_hz = 5e8
intensities = [0.6, 0.2, 0.0]
probabilities = [0.7, 0.2, 0.1]
[detector]
efficiency = 0.5
dark_count_probability = 1e-7
misalignment = 0.005
[security]
basis_bias = 0.8
block = "pass"
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with the file of a satellite over stations A and B."""
    (tmp_path / "leo.toml").write_text(ORBIT, encoding="utf-8")
    return tmp_path


def scheduled(schedule, **changes):
    """One edge that fills by a schedule and that nobody tests for errors."""
    run = {"run.duration_s": 100.0, "run.warm_up_s": 0.0, "run.replicas": 2}
    return key_network({"link": {"schedule": schedule}, **run, **changes})


@pytest.mark.parametrize(("rate", "dry_s"), [(20.0, 25.0), (30.0, 20.0 + 90.0 / 3)])
def test_a_pad_drains_what_came_as_counted_by_hand(rate, dry_s):
    """Oracle: by hand. 1000 bits at 20 s and 500 at 60 s: at 20 bit/s they last until 95 s, at 30
    bit/s from 20 to 53 1/3 s and from 60 to 76 2/3 s."""
    pad = {"ends": ["A", "B"], "device": "one-time-pad", "data_rate_bit_per_s": rate}
    edge = scheduled([[20.0, 1000], [60.0, 500]], demand=[pad]).play().edges[0]
    assert edge.key_rate_hz.best == pytest.approx(15.0)
    assert 100.0 * edge.used_bits_hz.best == pytest.approx(1500.0)
    assert 100.0 * edge.dry_fraction.best == pytest.approx(dry_s)


def test_what_does_not_fit_is_dropped_and_what_is_left_stays():
    """Oracle: conservation by hand. 800 of 1000 bits fit at 20 s, 300 of 500 where a pad of 5 bit/s
    has made room by 80 s; it takes 5 * 80 in all, and the mean of the store is the area."""
    pad = {"ends": ["A", "B"], "device": "one-time-pad", "data_rate_bit_per_s": 5.0}
    changes = {"demand": [pad], "store.capacity_bits": 800}
    edge = scheduled([[20.0, 1000], [80.0, 500]], **changes).play().edges[0]
    assert 100.0 * edge.used_bits_hz.best == pytest.approx(400.0)
    area = 60.0 * (800.0 + 500.0) / 2.0 + 20.0 * (800.0 + 700.0) / 2.0
    assert edge.stored_bits.best == pytest.approx(area / 100.0)
    assert edge.dry_fraction.best == pytest.approx(0.2)


def test_a_store_that_clear_passes_feed_is_dry_as_its_chain_says():
    """Oracle: the stationary law of a Markov chain, solved here: a pass a day brings 5 units with
    probability 1/4, a unit is used, 15 fit (P-Q5 of the reference: 0.0441270992)."""
    step = np.zeros((16, 16))
    for level in range(16):
        for chance, came in ((0.25, 5), (0.75, 0)):
            step[level, max(min(level + came, 15) - 1, 0)] += chance
    law = np.linalg.matrix_power(step, 4096)[0]
    without = 0.75 * law[0]
    assert without == pytest.approx(0.0441270992, rel=1e-6)
    days = 6000
    asked = {"ends": ["A", "B"], "arrivals": "regular", "rate_hz": 1.0, "key_bits": 10}
    scenario = scheduled(
        [[day + 1e-6, 50, 0.25] for day in range(days)],
        **{"store.capacity_bits": 150, "run.duration_s": float(days), "run.replicas": 10},
        demand=[asked],
    )
    refused = scenario.play().demands[0].figures["refused_fraction"]
    assert agrees(refused, without)
    assert scenario.case.edges[0].fill.rate_hz == pytest.approx(12.5)


def test_a_pass_over_an_edge_that_fails_is_lost():
    """Oracle: by hand: of passes at 20, 50 and 80 s that in the middle falls into the failure."""
    changes = {"fault": [{"edge": ["A", "B"], "down_s": [[40.0, 60.0]]}]}
    edge = scheduled([[20.0, 300], [50.0, 500], [80.0, 700]], **changes).play().edges[0]
    assert 100.0 * edge.key_rate_hz.best == pytest.approx(1000.0)


def test_the_exact_engine_names_the_one_that_plays_schedules():
    """Oracle: the rule of engines: a refusal names the engine that can."""
    with pytest.raises(EngineError, match='fill by a schedule: use engine = "sampled"'):
        scheduled([[20.0, 300]]).play(engine="exact")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"schedule": 5.0}, "be a list of"),
        ({"schedule": [[5.0]]}, r"schedule\[0\] must be \[time in s, bits\]"),
        ({"schedule": [[5.0, 10], [4.0, 10]]}, "not come before the one in front of it"),
        ({"schedule": [[5.0, 10, 1.5]]}, "lie in \\[0, 1\\]"),
        ({"schedule": [[5.0, -10]]}, "not be negative|be at least 0|non-negative"),
        ({"schedule": [[5.0, 10]], "key_rate_hz": 3.0}, "be left out beside"),
        ({"satellite": "nowhere.toml"}, "must exist"),
    ],
)
def test_schedules_that_cannot_be_meant_are_refused(link, words):
    """Oracle: the wording of errors: field, rule, value and cure."""
    with pytest.raises(ParameterError, match=words):
        key_network({"link": link}).play()


def test_edges_from_a_satellite_have_the_passes_over_their_station(folder):
    """Oracle: the report of the satellite itself: each pass by its station, its end and its key."""
    passes = qnet.load(folder / "leo.toml").play()
    report = qnet.load(folder / "leo.toml").report(passes).passes()
    for name in "AB":
        found = satellite_schedule("leo.toml", ("Satellite", name), str(folder))
        bits = [int(row["secret_bits"]) for row in report if row["station"] == name]
        assert [row.bits for row in found.deliveries] == [each for each in bits if each]
        times = [row.time_s for row in found.deliveries]
        assert times == sorted(times)
        assert 0.0 < times[0] < times[-1] < 4 * 86_400.0
    with pytest.raises(ParameterError, match="name 1 of the stations A, B"):
        satellite_schedule("leo.toml", ("Satellite", "C"), str(folder))


def test_a_trusted_satellite_relays_no_more_than_its_poorer_store_has_got(folder):
    """Oracle: K_AB(t) = min of what both stations have got so far: a pad that takes all there is
    ends with the smaller sum, wherever the satellite's keys came first."""
    changes = {
        "topology.edges": [["A", "Satellite"], ["Satellite", "B"]],
        "link": {"satellite": "leo.toml"},
        "relay.scheme": "announced-xor",
        "run.duration_s": 4 * 86_400.0,
        "run.warm_up_s": 0.0,
        "run.replicas": 2,
        "demand": [{"ends": ["A", "B"], "device": "one-time-pad", "data_rate_bit_per_s": 1e6}],
    }
    result = key_network(changes, folder).play()
    sums = [
        sum(
            row.bits
            for row in satellite_schedule("leo.toml", ("Satellite", name), folder).deliveries
        )
        for name in "AB"
    ]
    seconds = 4 * 86_400.0
    assert [seconds * edge.key_rate_hz.best for edge in result.edges] == pytest.approx(sums)
    used = [seconds * edge.used_bits_hz.best for edge in result.edges]
    assert used[0] == pytest.approx(used[1])
    assert used[0] <= min(sums) * (1.0 + 1e-9)
    assert used[0] == pytest.approx(_relayed(folder, 1e6))
    assert result.demands[0].security.epsilon is not None


def _relayed(folder, rate):
    """Bits that a pad of a rate gets of both stores, second for second of what came by hand."""
    came = sorted(
        (row.time_s, name, row.bits)
        for name in "AB"
        for row in satellite_schedule("leo.toml", ("Satellite", name), folder).deliveries
    )
    store, used, now = {"A": 0.0, "B": 0.0}, 0.0, 0.0
    for time, name, bits in [*came, (4 * 86_400.0, "A", 0.0)]:
        taken = min(rate * (time - now), *store.values())
        store = {each: level - taken for each, level in store.items()}
        used, now = used + taken, time
        store[name] += bits
    return used
