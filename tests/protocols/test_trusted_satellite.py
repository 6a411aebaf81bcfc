"""Trusted satellites: key shared among pairs, finite stores over time, demands in scenarios."""

import math

import numpy as np
import pytest

from protocols.satellite import (
    KeyDeliveries,
    RelayDemand,
    RelayStores,
    common_factor,
    largest_total,
    play_relay,
)
from tests.protocols.satellite_keys import mission, played, reported

DAY_S = 86_400.0

#: Two stations under the same passes, and what they use.
RELAY = {
    "station": [
        {"name": "A", "latitude_deg": 40.649, "longitude_deg": 0.0},
        {"name": "B", "latitude_deg": 48.0, "longitude_deg": 8.0},
    ],
    "demand": [{"ends": ["A", "B"], "bits_per_day": 4e6}],
}


def by_day(bits):
    """Deliveries at the start of each day to two stations, from rows of bits by weather."""
    days = bits.shape[1]
    return KeyDeliveries(
        time_s=np.repeat(DAY_S * np.arange(days), 2),
        satellite=np.zeros(2 * days, dtype=int),
        station=np.tile([0, 1], days),
        bits=np.repeat(bits, 2, axis=1),
    )


def test_the_table_of_the_reference_is_a_linear_programme():
    """Oracle: P-M12 and P-M13 of the reference, and by hand: a station of 50 that alone limits."""
    stores = np.array([60.0, 90.0, 100.0, 50.0])
    pairs, wanted = [(0, 1), (0, 2), (1, 2), (2, 3)], [2.0, 1.0, 1.0, 3.0]
    shared = common_factor(stores, pairs, wanted)
    assert shared.factor == pytest.approx(16.6666667, abs=1e-7)
    assert shared.bits == pytest.approx(shared.factor * np.array(wanted))
    assert set(shared.tight) == {(0, 3)}
    assert largest_total(stores).bits.sum() == pytest.approx(150.0)


def test_random_stores_follow_the_closed_forms():
    """Oracle: min_i K_i / sum_j d_ij, and min(sum/2, sum - max), of one satellite."""
    rng = np.random.default_rng(2)
    for _ in range(20):
        stores = rng.exponential(size=5)
        pairs = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4), (1, 3)]
        wanted = rng.uniform(0.5, 2.0, size=len(pairs))
        load = [
            sum(d for d, pair in zip(wanted, pairs, strict=True) if k in pair) for k in range(5)
        ]
        assert common_factor(stores, pairs, wanted).factor == pytest.approx(min(stores / load))
        most = min(stores.sum() / 2.0, stores.sum() - stores.max())
        assert largest_total(stores).bits.sum() == pytest.approx(most)


def test_keys_of_two_satellites_do_not_meet():
    """Oracle: by hand: one satellite has passed A alone, the other B alone."""
    apart = np.array([[50.0, 0.0, 10.0], [0.0, 40.0, 8.0]])
    assert common_factor(apart, [(0, 1)], [1.0]).factor == pytest.approx(0.0, abs=1e-9)
    # C shares with A through the first, and with B through the second.
    assert common_factor(apart, [(0, 2), (1, 2)], [1.0, 1.0]).factor == pytest.approx(8.0)
    assert largest_total(np.zeros(3)).bits.sum() == 0.0


def test_a_store_that_clear_passes_feed_is_empty_as_its_chain_says():
    """Oracle: P-Q5 of the reference, the stationary law of a Markov chain that is solved here.

    Its standard error is that of independent weathers of 400 days each.
    """
    size, brings, clear = 15, 5, 0.25
    chain, empty = np.zeros((size + 1, size + 1)), np.zeros(size + 1)
    for held in range(size + 1):
        for chance, comes in ((clear, brings), (1.0 - clear, 0)):
            full = min(held + comes, size)
            chain[held, max(full - 1, 0)] += chance
            empty[held] += chance * (full == 0)
    law = np.linalg.matrix_power(chain, 4096)[0]
    assert law @ empty == pytest.approx(0.0441270992, abs=1e-10)

    rng = np.random.default_rng(11)
    days, weathers, first = 460, 1500, 60
    bits = brings * (rng.random((weathers, days)) < clear).astype(float)
    demand = [RelayDemand(ends=("A", "B"), bits_per_day=1.0)]
    stores = RelayStores(on_board_bits=2.0 * size, use_every_h=24.0)

    def unmet(number):
        """Days without key among the first ones, of each weather."""
        played = play_relay(by_day(bits[:, :number]), demand, stores, "AB", number * DAY_S)
        return played.without[:, 0] * number

    # The first days, in which the empty store of the start still shows, are left out.
    share = (unmet(days) - unmet(first)) / (days - first)
    error = share.std() / math.sqrt(weathers)
    assert abs(share.mean() - law @ empty) < 5.0 * error
    assert error < 0.001


def test_key_is_neither_made_nor_lost_on_the_way():
    """Oracle: conservation: received = lost + left + used; nobody gets more than asked."""
    rng = np.random.default_rng(4)
    number = 400
    brought = KeyDeliveries(
        time_s=np.sort(rng.uniform(0.0, 30 * DAY_S, number)),
        satellite=rng.integers(0, 3, number),
        station=rng.integers(0, 4, number),
        bits=rng.exponential(100.0, (7, number)),
    )
    ends = [("A", "B"), ("A", "C"), ("C", "D")]
    demands = [RelayDemand(ends=pair, bits_per_day=700.0) for pair in ends]
    stores = RelayStores(on_board_bits=900.0, ground_bits=1500.0, use_every_h=6.0)
    found = play_relay(brought, demands, stores, "ABCD", 30 * DAY_S)
    used = np.stack([found.served @ np.array([n in pair for pair in ends]) for n in "ABCD"], axis=1)
    assert found.received == pytest.approx(found.lost + found.left + used)
    assert np.all(found.lost > 0.0)
    assert np.all(found.served <= found.asked * (1.0 + 1e-12))
    assert np.all(found.left <= 1500.0)
    assert np.all((found.without > 0.0) & (found.without < 1.0))


def test_play_never_beats_the_programme_over_all_keys():
    """Oracle: linear programming: what is used in time is one way to share the keys of all time."""
    rng = np.random.default_rng(8)
    bits = rng.exponential(10.0, (1, 50))
    demand = [RelayDemand(ends=("A", "B"), bits_per_day=8.0)]
    found = play_relay(by_day(bits), demand, RelayStores(use_every_h=24.0), "AB", 50 * DAY_S)
    assert found.served[0, 0] <= found.together.bits[0] * (1.0 + 1e-9)
    # Nothing is left out either: by hand, a pad of one pair is a queue of one store.
    held, served = 0.0, 0.0
    for comes in bits[0]:
        held += comes
        served += min(held, 8.0)
        held -= min(held, 8.0)
    assert found.served[0, 0] == pytest.approx(served)


def test_a_scarce_store_is_shared_in_proportion():
    """Oracle: by hand: A holds 30, its demands want 40 and 20 and get 20 and 10; where C holds 4,
    B gets what C cannot match."""
    demands = [
        RelayDemand(ends=("A", "B"), bits_per_day=40.0),
        RelayDemand(ends=("A", "C"), bits_per_day=20.0),
    ]

    def served(last):
        brought = KeyDeliveries(
            time_s=np.zeros(3),
            satellite=np.zeros(3, dtype=int),
            station=np.arange(3),
            bits=np.array([[30.0, 100.0, last]]),
        )
        return play_relay(brought, demands, RelayStores(use_every_h=24.0), "ABC", DAY_S).served[0]

    assert served(100.0) == pytest.approx([20.0, 10.0])
    assert served(4.0) == pytest.approx([26.0, 4.0])


def test_a_mission_reports_stores_and_demands():
    """Oracle: the passes of the same report: a store receives the keys of its station's passes."""
    found = reported(RELAY)
    for store in found["stores"]:
        own = [
            each["secret_bits"] for each in found["passes"] if each["station"] == store["station"]
        ]
        assert store["received_bits"] == pytest.approx(sum(map(math.floor, own)))
    (demand,) = found["demands"]
    received = [store["received_bits"] for store in found["stores"]]
    assert demand["best_bits"] == pytest.approx(min(received))
    assert found["relay"]["common_factor"] == pytest.approx(min(received) / demand["asked_bits"])
    assert found["relay"]["largest_total_bits"] == pytest.approx(min(received))
    assert demand["asked_bits"] == pytest.approx(4e7)
    assert 0.0 < demand["fraction_without"] < 1.0
    # Failure probabilities of both hops add up, and the satellite must be trusted.
    own, relayed = found["security"], found["relay"]["security"]
    assert relayed["epsilon"] == pytest.approx(2.0 * own["epsilon"])
    assert any("satellite is honest" in sentence for sentence in relayed["assumes"])


def test_weather_makes_quantiles_of_what_is_served():
    """Oracle: order: clouds leave no more than a clear sky, and P10 <= P50 <= P90."""
    cloudy = {**RELAY, "optics.cloud_fraction": 0.6, "weather": {"samples": 60}}
    found = reported(cloudy)["demands"][0]
    clear = reported(RELAY)["demands"][0]
    served = found["served_bits"]
    assert served["p10"] <= served["p50"] <= served["p90"] <= clear["served_bits"]
    assert found["fraction_without"]["p50"] > clear["fraction_without"]


def test_nights_that_vanish_show_in_the_store():
    """Oracle: the calendar: no nautical night at 60 degrees north in June, so the last key of May
    must last until July."""
    north = {
        "station": [
            {"name": "A", "latitude_deg": 60.0, "longitude_deg": 10.0},
            {"name": "B", "latitude_deg": 60.0, "longitude_deg": 18.0},
        ],
        "orbit.altitude_km": 600.0,
        "period.start": "2026-04-01T00:00:00Z",
        "period.days": 150,
        "period.night": "nautical",
        "demand": [{"ends": ["A", "B"], "bits_per_day": 100.0}],
    }
    dry = reported(north)["demands"][0]
    assert dry["served_bits"] == pytest.approx(dry["asked_bits"], rel=0.1)
    small = reported({**north, "store.on_board_bits": 2000.0})["demands"][0]
    # Ten days of key on each hop, and at least 60 days between the nights.
    assert small["longest_without_h"] > 50 * 24
    assert small["fraction_without"] > dry["fraction_without"] + 0.3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {**RELAY, "demand": [{"ends": ["A", "X"], "bits_per_day": 1.0}]},
            r"demand\[0\]\.ends must be one of",
        ),
        (
            {**RELAY, "demand": [{"ends": ["A", "A"], "bits_per_day": 1.0}]},
            "must name two different stations",
        ),
        (
            {**RELAY, "demand": [*RELAY["demand"], {"ends": ["B", "A"], "bits_per_day": 1.0}]},
            r"demand\[1\]\.ends must be asked for once",
        ),
        ({"store": {"on_board_bits": 1e9}}, r"store must come with \[\[demand\]\]"),
        ({**RELAY, "store": {"use_every_h": 0.0}}, "store.use_every_h must lie above 0"),
        ({**RELAY, "store": {"ground_bits": -1.0}}, "store.ground_bits must be"),
        ({"service": {"goal": "most"}}, "service.goal must be one of"),
        ({"service": {"slot_s": 0.0}}, "service.slot_s must lie above 0"),
        (
            {**RELAY, "protocol": "bbm92", "source": {"pair_rate_hz": 1e6}},
            "demand must be left out with bbm92",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(changes, message):
    """Oracle: the wording of errors: field, rule, value and cure."""
    with pytest.raises(Exception, match=message):
        mission(changes)


def test_a_mission_without_demands_has_no_stores():
    """Oracle: what is not described is not reported."""
    assert played().relay is None
    found = reported()
    assert (found["stores"], found["demands"], found["relay"]) == ([], [], None)
