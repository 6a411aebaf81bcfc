"""Fibre, trusted nodes, satellite, satellite with memories: key of a day by distance.

Question: from which distance on does a satellite bring more key in a day than fibre, and which
satellite?

Answer: from 300 km on, where a fibre of 0.2 dB/km ends; over 200 km it still brings seven times the
key of a trusted satellite. That one brings 6e7 bits on a clear day, whatever the distance, over
7000 km too: eight hundred times less than trusted nodes every 100 km, and one node to trust in
place of 69. Whoever trusts no satellite gets some thousandths of a per cent of that: 1.4e4 bits of
pairs over 100 km and 1400 over 1600 km, with memories on board 1.0e4 and 1100, and nothing where no
satellite stands over both.

How: one satellite at 500 km, inclined by 60 degrees; stations at 45 degrees north, ten clear days
of October from 12 degrees below the horizon, masks of 20 degrees. Telescopes and pointing of S.-K.
Liao et al., Nature 549, 43 (2017), doi:10.1038/nature23655, detectors of 50 %. Weak pulses at 1 GHz
in fibre and from the satellite, two intensities, endless blocks (X. Ma et al., Phys. Rev. A 72,
012326 (2005), arXiv:quant-ph/0503005); a trusted satellite announces the exclusive or of two keys,
and pairs of stations share the smaller. Pairs: 1e8 a second. Memories: a repeater node on board as
by J. Wallnoefer et al., Commun. Phys. 5, 169 (2022), arXiv:2110.15806, with 1000 modes that wait
for 0.1 s, played slot by slot by the exact engine. More than 1000 modes, or several satellites,
would move these two curves up in proportion; clouds would move all satellites down.

Run: ``qnet study fibre-or-satellite [--quick] [--out DIR]``, two minutes on one core.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.studies.rows import StudyRow, grouped, line, where
from experiments.studies.study import Study, StudyPoint
from protocols.satellite import SatelliteScenario, largest_total
from qnet.estimate import Estimate
from qnet.figures import curve, plain_numbers
from qnet.figures.style import look
from qnet.schema import override, read_kind
from qnet.space.earth import EARTH_RADIUS_KM

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["STUDY", "WAYS", "mission", "stations", "work"]

#: Ways to bring key over a distance.
WAYS = (
    "fibre",
    "fibre, trusted nodes",
    "satellite, trusted",
    "satellite, pairs",
    "satellite, memories",
)

DISTANCES_KM = (100.0, 200.0, 300.0, 500.0, 800.0, 1200.0, 1600.0, 3000.0, 7000.0)
QUICK_DISTANCES_KM = (100.0, 800.0)

#: Longest fibre between trusted nodes in km.
_SPAN_KM = 100.0

#: Days of passes; of the quick size too.
_DAYS = {False: 10.0, True: 2.0}

#: Latitude of the stations, which lie east of each other.
_LATITUDE_DEG = 45.0

_DAY_S = 86_400.0
_CLOCK_HZ = 1e9

_DETECTOR = {"efficiency": 0.5, "dark_count_probability": 1e-7, "misalignment": 0.01}
_PULSES: dict[str, Any] = {"clock_hz": _CLOCK_HZ, "intensities": [0.5, 0.1]}
_ENDLESS: dict[str, Any] = {"model": "vacuum-weak", "error_correction_efficiency": 1.16}

_FIBRE: dict[str, Any] = {
    "kind": "decoy-bb84",
    "source": _PULSES,
    "fibre": {"length_km": 100.0, "loss_db_per_km": 0.2},
    "detector": _DETECTOR,
    "security": _ENDLESS,
}

_SATELLITE: dict[str, Any] = {
    "kind": "satellite",
    "orbit": {"altitude_km": 500.0, "inclination_deg": 60.0},
    "period": {"start": "2026-10-01T00:00:00Z", "minimum_elevation_deg": 20.0, "night": "nautical"},
    "optics": {"preset": "micius", "fixed_loss_db": 8.0},
    "background": {"field_of_view_urad": 50.0},
}

#: What each way of a satellite has besides.
_KINDS: dict[str, dict[str, Any]] = {
    "satellite, trusted": {
        "source": {**_PULSES, "probabilities": [0.8, 0.2]},
        "detector": _DETECTOR,
        "security": {**_ENDLESS, "block": "all"},
    },
    "satellite, pairs": {
        "protocol": "bbm92",
        "source": {"pair_rate_hz": 1e8},
        "detector": _DETECTOR,
        "security": {"model": "asymptotic", "block": "all"},
    },
    "satellite, memories": {
        "protocol": "heralded-pairs",
        "slot_s": 30.0,
        "link": {
            "scheme": "direct",
            "preset": "ideal",
            "modes": 1000,
            "emitter": {"collection_efficiency": 0.8, "preparation_time_s": 5e-8},
            "detector": {"efficiency": 0.5, "dark_count_probability": 1e-7},
            "satellite": {"receiver": "measures"},
        },
        "memory": {"t2_s": 0.1},
        "security": {"model": "asymptotic", "block": "all"},
    },
}


def points(quick: bool) -> list[StudyPoint]:
    """Every way over every distance."""
    distances = QUICK_DISTANCES_KM if quick else DISTANCES_KM
    return [{"way": way, "distance_km": km, "quick": quick} for way in WAYS for km in distances]


def stations(distance_km: float) -> list[dict[str, Any]]:
    """Two stations at 45 degrees north, so far from each other along a great circle.

    Examples:
        >>> [round(station["longitude_deg"], 3) for station in stations(1000.0)]
        [0.0, 12.731]
    """
    sine = math.sin(distance_km / (2.0 * EARTH_RADIUS_KM)) / math.cos(math.radians(_LATITUDE_DEG))
    east = 2.0 * math.degrees(math.asin(sine))
    return [
        {"name": name, "latitude_deg": _LATITUDE_DEG, "longitude_deg": place}
        for name, place in (("A", 0.0), ("B", east))
    ]


def mission(way: str, distance_km: float, *, quick: bool = False) -> SatelliteScenario:
    """A satellite over two stations."""
    table = {**_SATELLITE, **_KINDS[way], "station": stations(distance_km)}
    scenario: SatelliteScenario = read_kind(override(table, {"period.days": _DAYS[quick]}))
    return scenario


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Key of a mean day, and what it claims."""
    way, distance = point["way"], point["distance_km"]
    if way.startswith("fibre"):
        hops = math.ceil(distance / _SPAN_KM) if way.endswith("nodes") else 1
        found = read_kind(override(_FIBRE, {"fibre.length_km": distance / hops})).key_rate()
        key = Estimate.exact(max(found.value, 0.0) * _CLOCK_HZ * _DAY_S)
        return {
            "secret_bits_per_day": key,
            "seconds_per_day": _DAY_S,
            "security": found.security.as_dict(),
        }
    days = _DAYS[point["quick"]]
    result = mission(way, distance, quick=point["quick"]).play()
    bits, seconds = result.secret_bits, float(result.slots.usable_s.sum())
    claim = result.security
    if way == "satellite, trusted":
        held = np.zeros(2)
        for block in result.blocks:
            held[result.slots.passes[block.passes[0]].stations[0]] += block.secret_bits
        bits, claim = float(largest_total(held).bits.sum()), result.relayed
    return {
        "secret_bits_per_day": Estimate.exact(bits / days),
        "seconds_per_day": seconds / days,
        "security": claim.as_dict(),
    }


def _key(rows: Sequence[StudyRow], way: str, distance_km: float) -> float:
    (row,) = where(rows, way=way, distance_km=distance_km)
    return float(row["secret_bits_per_day"].best)


def answer(rows: Sequence[StudyRow]) -> str:
    """From where on each satellite beats a fibre, and what is left at the ends."""
    distances = sorted({row["distance_km"] for row in rows})
    told = []
    for way in WAYS[2:]:
        ahead = [km for km in distances if _key(rows, way, km) > _key(rows, "fibre", km)]
        alive = [km for km in distances if _key(rows, way, km) > 0.0]
        if not alive:
            told.append(f"{way}: no key at these distances")
            continue
        first = f"ahead of a fibre from {ahead[0]:g} km on" if ahead else "never ahead of a fibre"
        bits = _key(rows, way, alive[-1])
        told.append(f"{way}: {first}, {bits:.3g} bits a day over {alive[-1]:g} km")
    far = distances[-1]
    nodes = _key(rows, "fibre, trusted nodes", far)
    return (
        f"Of the distances looked at, {'; '.join(told)}. Trusted nodes every {_SPAN_KM:g} km bring "
        f"{nodes:.3g} bits a day over {far:g} km, through {math.ceil(far / _SPAN_KM) - 1} of them."
    )


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key of a day by distance, and the seconds of a day in which it is made."""
    keys, times = figure.subplots(1, 2)
    for number, (way, own) in enumerate(grouped(rows, "way").items()):
        alive = [row for row in own if row["secret_bits_per_day"].best > 0.0]
        line(keys, alive, "distance_km", "secret_bits_per_day", curve, label=way, **look(number))
        shown = [row for row in own if row["seconds_per_day"] > 0.0]
        if way != "fibre":
            places = [row["distance_km"] for row in shown]
            times.plot(places, [row["seconds_per_day"] for row in shown], **look(number))
    for axes in (keys, times):
        axes.set(xscale="log", yscale="log", xlabel="distance (km)")
        plain_numbers(axes.xaxis)
    keys.set(ylabel="asymptotic secret key (bit/day)")
    times.set(ylabel="time of a day with key (s)")
    figure.legend(*keys.get_legend_handles_labels(), loc="outside upper center", ncols=3)


STUDY = Study.of_script(
    __name__,
    "From which distance on does a satellite bring more key in a day than fibre, and which "
    "satellite?",
    keys=("secret_bits_per_day",),
    fixed="satellite at 500 km, clear nights, stations at 45 degrees north; pulses at 1 GHz",
    size_in=(9.5, 4.6),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
