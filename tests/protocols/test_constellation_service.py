"""Service of a constellation: who is served when passes overlap, against linear programmes."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from protocols.satellite import Sights, serve
from tests.protocols.satellite_keys import reported


def sights(seed, *, slots=30, satellites=3, stations=4, seen=0.6):
    """Random sights of satellites and stations."""
    rng = np.random.default_rng(seed)
    there = rng.random((slots, satellites, stations)) < seen
    slot, satellite, station = np.nonzero(there)
    worth = rng.exponential(size=len(slot)) * (1.0 + station)
    return Sights(slot=slot, satellite=satellite, station=station, worth=worth)


def programme(found, wants):
    """Most worth in all (no wants), or the common factor, of services that may share slots."""
    rows = [(found.slot, found.satellite), (found.slot, found.station)]
    limits = []
    for slot, place in rows:
        for name in set(zip(slot.tolist(), place.tolist(), strict=True)):
            limits.append((slot == name[0]) & (place == name[1]))
    limits = np.array(limits, dtype=float)
    if wants is None:
        return -linprog(-found.worth, A_ub=limits, b_ub=np.ones(len(limits))).fun
    gains = np.array([-found.worth * (found.station == k) for k in range(len(wants))])
    above = np.vstack(
        [
            np.hstack([limits, np.zeros((len(limits), 1))]),
            np.hstack([gains, np.array(wants)[:, None]]),
        ]
    )
    below = np.concatenate([np.ones(len(limits)), np.zeros(len(wants))])
    goal = np.append(np.zeros(len(found.slot)), -1.0)
    return -linprog(goal, A_ub=above, b_ub=below).fun


def is_a_matching(found, chosen):
    """Whether no satellite and no station is in two places at once."""
    for place in (found.satellite, found.station):
        taken = list(zip(found.slot[chosen].tolist(), place[chosen].tolist(), strict=True))
        if len(taken) != len(set(taken)):
            return False
    return True


@pytest.mark.parametrize("seen", [0.1, 0.3, 0.9])
def test_most_in_all_is_that_of_a_linear_programme(seen):
    """Oracle: HiGHS over all slots at once; matchings of two sides have whole corners."""
    found = sights(3, seen=seen)
    service = serve(found, [1.0] * 4, "total")
    assert is_a_matching(found, service.chosen)
    assert service.best == pytest.approx(programme(found, None))
    assert service.gap == 0.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_common_factor_is_between_its_bound_and_the_programme(seed):
    """Oracle: HiGHS over all slots at once, which may share slots: no service exceeds it, its bound
    is no lower and within a half per cent, and whole slots lose some slots' worth."""
    found, wants = sights(seed, slots=400), [1.0, 2.0, 1.0, 3.0]
    service = serve(found, wants, "common")
    best = programme(found, wants)
    assert is_a_matching(found, service.chosen)
    assert service.best <= best * (1.0 + 1e-9)
    assert best * (1.0 - 1e-9) <= service.bound <= 1.005 * best
    assert service.best >= 0.98 * best
    assert service.per_station == pytest.approx(found.per_station(service.chosen, 4))


def test_a_small_service_is_the_best_of_all():
    """Oracle: every schedule of five slots of one satellite over two stations."""
    rng = np.random.default_rng(9)
    slot, station = np.repeat(np.arange(5), 2), np.tile([0, 1], 5)
    found = Sights(
        slot=slot, satellite=np.zeros(10, dtype=int), station=station, worth=rng.random(10)
    )
    best = 0.0
    for who in product([0, 1], repeat=5):
        got = np.zeros(2)
        for k, place in enumerate(who):
            got[place] += found.worth[2 * k + place]
        best = max(best, got.min())
    service = serve(found, [1.0, 1.0], "common")
    assert service.best <= best + 1e-12
    assert service.bound >= best - 1e-12
    # Off the mixture by a slot at most.
    assert service.best >= best - found.worth.max()


def test_a_station_that_nothing_passes_is_left_out():
    """Oracle: by hand: the others share as without it."""
    found = sights(5, stations=3)
    with_fourth = serve(found, [1.0] * 4, "common")
    assert with_fourth.unseen == (3,)
    assert with_fourth.best == pytest.approx(serve(found, [1.0] * 3, "common").best)
    nothing = Sights(
        slot=np.zeros(0, dtype=int),
        satellite=np.zeros(0, dtype=int),
        station=np.zeros(0, dtype=int),
        worth=np.zeros(0),
    )
    assert serve(nothing, [1.0, 1.0], "common").best == 0.0


CONSTELLATION = {
    "orbit": {"altitude_km": 500.0, "inclination_deg": 55.0, "satellites": 6, "planes": 3},
    "station": [
        {"name": "Berlin", "latitude_deg": 52.52, "longitude_deg": 13.405},
        {"name": "Vienna", "latitude_deg": 48.21, "longitude_deg": 16.37},
        {"name": "Madrid", "latitude_deg": 40.42, "longitude_deg": -3.70},
    ],
    "period.days": 2,
    "security.block": "all",
}


def test_a_mission_serves_one_station_at_a_time():
    """Oracle: the mission without a service: no station is served longer than it is seen, and the
    served seconds of all are no more than those of the passes together; [[demand]] tilts them."""
    free = reported(CONSTELLATION)
    assert free["service"] is None
    assert any("overlap" in note for note in free["warnings"])
    shared = reported({**CONSTELLATION, "service": {}})
    total = reported({**CONSTELLATION, "service": {"goal": "total"}})
    seen = {name: 0.0 for name in ("Berlin", "Vienna", "Madrid")}
    for each in free["passes"]:
        seen[each["station"]] += each["usable_s"]
    for row in shared["service"]["stations"]:
        assert row["seconds"] <= seen[row["station"]] + 1e-6
    assert shared["total"]["usable_s"] < free["total"]["usable_s"]
    assert shared["service"]["gap"] < 0.05
    assert not any("overlap" in note for note in shared["warnings"])

    def least(report):
        return min(row["sifted_worth"] for row in report["service"]["stations"])

    assert least(shared) >= least(total)
    assert total["service"]["best"] >= sum(
        row["sifted_worth"] for row in shared["service"]["stations"]
    )
    demands = [
        {"ends": ["Berlin", "Madrid"], "bits_per_day": 3.0},
        {"ends": ["Vienna", "Madrid"], "bits_per_day": 1.0},
    ]
    tilted = reported({**CONSTELLATION, "service": {}, "demand": demands})["service"]["stations"]
    worth = {row["station"]: row["sifted_worth"] for row in tilted}
    assert worth["Berlin"] / 3.0 >= tilted[0]["sifted_worth"] / 3.0
    assert min(worth["Berlin"] / 3.0, worth["Vienna"], worth["Madrid"] / 4.0) == pytest.approx(
        reported({**CONSTELLATION, "service": {}, "demand": demands})["service"]["best"]
    )
