"""Trusted nodes, several routes or repeaters: what a corrupt node learns, and the key it takes.

Question: trusted nodes, multi-path, or repeaters: what does a spy in one node learn, and what does
it cost in key?

Answer: a relay of a single route knows the whole key, a repeater nothing; shares over several
routes lie between, and pay with link key. Over 400 km, with seven stations on each route, each
corrupt with 0.02, a key of one route is known with probability 0.132. XOR over three routes brings
that to 0.0023 for 24 bits of link key a bit in place of 8, but finds all its fibres up with 0.786
in place of 0.923, where each is down for a hundredth of the time; any two of three do better than
one route in both, 0.048 and 0.983. Repeaters at the same places leave 107 of 726 bit/s, over 800 km
33: pairs are worth less the more of them are swapped, relays never tire. Weak pulses at 1 GHz over
the same fibres bring a thousand times more, and trust every relay. A store that lasts for three
mean outages takes away more than nine refusals of ten.

How: fibres of 50 km between stations, 0.2 dB/km; pairs of the target parameters (``qnet presets
blueprint``) over each. A station measures them, and relays key as a trusted node; or it swaps them,
nested and with messages at the speed of light in the fibre, which the exact engine plays: BBM92,
error correction at 1.16 times the Shannon limit. Weak pulses: decoy BB84 with finite blocks (C. C.
W. Lim et al., Phys. Rev. A 89, 022307 (2014), arXiv:1311.7129). Routes share no station, and are
equally long; shares are summands, or those of A. Shamir, Commun. ACM 22, 612 (1979), as for trusted
repeaters by L. Salvail et al., arXiv:0904.4072. Key rates are those of a stream that takes all.
What corrupt stations know, and whether a key comes without a store, is computed from the network
(``protocols/key_networks/corrupt.py``); stations fail together, as one spy. Points with bars:
requests for 256 bits, one in twenty seconds, at stores that are filled for 3000 s, fibres that fail
at random for 1000 s on average, by the sampled engine, 95 %. A chain of repeaters is down with any
of its fibres, and is built again as fast as one. That a corrupt repeater learns nothing rests on
the error rates that the ends measure; it may still refuse to work.

Run: ``qnet study trusted-nodes-or-repeaters [--quick] [--out DIR]``, two minutes on one core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, column, grouped, line, positive, where
from experiments.studies.study import Study, StudyPoint
from protocols.key_networks import (
    KeyDemand,
    KeyLink,
    KeyNetworkScenario,
    KeyNodeTable,
    RelayTable,
    StoreTable,
)
from protocols.key_networks.corrupt import arrival_probability, known_probability
from protocols.networks import TopologyTable
from qnet.figures import plain_numbers, points as points_of
from qnet.figures.style import look
from qnet.network import Fault, RunTimes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from protocols.key_networks.result import KeyNetworkResult


__all__ = ["ARMS", "STUDY", "Arm", "key_network", "work"]

#: Length of each fibre, from station to station, in km.
SPAN_KM = 50.0

#: Numbers of fibres between the ends.
SPANS = (2, 4, 8, 16)
QUICK_SPANS = (2, 4)

#: Chance that a node is corrupt, and share of the time at which a fibre is down.
CORRUPT, DOWN = 0.02, 0.01

#: Mean outage in s, requests per second, and how many mean outages a store lasts.
OUTAGE_S, REQUEST_HZ, LASTS = 1000.0, 0.05, 3.0

#: Measured time in s of a replica with outages, and replicas; of the quick size too.
_TIMES = {False: (5e5, 20), True: (1e5, 2)}

_ENDS = ("A", "B")

#: A chain of repeaters, or of one fibre, with the target parameters.
_CHAIN = """kind = "chain"
[chain]
segments = {segments}
strategy = "nested"
classical_latency = true
[link]
preset = "blueprint"
[key]
error_correction_efficiency = 1.16
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A way to bring key over a distance.

    Args:
        routes: Node-disjoint routes.
        needed: How many of the shares give the key back.
        repeats: Whether the stations swap pairs, and know nothing; else they relay key.
        pulses: Whether the fibres carry weak pulses, in place of pairs.
    """

    routes: int = 1
    needed: int = 1
    repeats: bool = False
    pulses: bool = False


ARMS: Mapping[str, Arm] = {
    "one route": Arm(),
    "two routes, XOR": Arm(routes=2, needed=2),
    "three routes, XOR": Arm(routes=3, needed=3),
    "three routes, any two": Arm(routes=3, needed=2),
    "repeaters": Arm(repeats=True),
    "one route, weak pulses": Arm(pulses=True),
}


def points(quick: bool) -> list[StudyPoint]:
    """Every way over every distance."""
    spans = QUICK_SPANS if quick else SPANS
    return [{"way": way, "spans": n, "quick": quick} for way in ARMS for n in spans]


def key_network(
    way: str,
    spans: int,
    folder: str,
    demand: KeyDemand,
    **tables: Any,  # noqa: ANN401 - tables of the scenario
) -> KeyNetworkScenario:
    """The network of one of the ways; its chain is written into a folder.

    Args:
        way: A name of ``ARMS``.
        spans: Number of fibres between the ends.
        folder: Where the file of its chain is put.
        demand: Who asks.
        tables: Further tables, such as ``run``.
    """
    arm = ARMS[way]
    file = Path(folder) / "chain.toml"
    file.write_text(_CHAIN.format(segments=spans if arm.repeats else 1), encoding="utf-8")
    inner = 0 if arm.repeats else spans - 1
    length = SPAN_KM * spans if arm.repeats else SPAN_KM
    ways = [
        [_ENDS[0], *(f"{route}-{k}" for k in range(1, inner + 1)), _ENDS[1]]
        for route in range(1, arm.routes + 1)
    ]
    return KeyNetworkScenario(
        folder=folder,
        topology=TopologyTable(
            edges=[[*ends, length] for nodes in ways for ends in pairwise(nodes)]
        ),
        link=KeyLink(keyrate="keyrate/lim2014") if arm.pulses else KeyLink(chain=file.name),
        nodes=tuple(
            KeyNodeTable(name=name, corrupt_probability=CORRUPT)
            for nodes in ways
            for name in nodes[1:-1]
        ),
        relay=RelayTable(routes=arm.routes, shares_needed=arm.needed),
        demand=(demand,),
        **tables,
    )


def work(point: StudyPoint, seed: int) -> StudyRow:
    """What the ends get, what it takes, what corrupt nodes know, and what outages do."""
    way, spans = point["way"], point["spans"]
    with TemporaryDirectory() as folder:
        got = _most(way, spans, folder)
        (demand,) = got.demands
        outages = key_network(
            way,
            spans,
            folder,
            KeyDemand(ends=_ENDS, rate_hz=REQUEST_HZ),
            seed=seed,
            fault=tuple(_faults(way, spans, folder)),
            store=_store(),
            run=_times(point["quick"]),
        )
        (routed,) = outages.case.demands
        (served,) = outages.play(engine="sampled").demands
    key_hz, used = demand.figures["key_bits_hz"], sum(edge.used_bits_hz.best for edge in got.edges)
    return {
        "distance_km": SPAN_KM * spans,
        "stations": sum(len(route) - 2 for route in demand.routes) or spans - 1,
        "key_rate_hz": key_hz,
        "link_bits_per_bit": used / key_hz.best if key_hz else 0.0,
        "one_node_learns": max(demand.corrupt_node_learns.values(), default=0.0),
        "known": known_probability(outages.case, routed),
        "arrives": arrival_probability(outages.case, routed),
        "refused": served.figures["refused_fraction"],
        "security": demand.security.as_dict(),
    }


def _most(way: str, spans: int, folder: str) -> KeyNetworkResult:
    """All key that comes through: a stream that wants twice what a fibre makes."""
    one = KeyDemand(ends=_ENDS, rate_hz=1.0)
    fill = key_network(way, spans, folder, one).case.edges[0].fill
    stream = KeyDemand(
        ends=_ENDS, device="one-time-pad", data_rate_bit_per_s=2.0 * max(fill.rate_hz, 1.0)
    )
    # Whole blocks, each of which is used up before the next comes.
    period = fill.period_s or 1.0
    run = RunTimes(duration_s=20.0 * period, warm_up_s=period, replicas=1)
    return key_network(way, spans, folder, stream, run=run).play(engine="sampled")


def _faults(way: str, spans: int, folder: str) -> list[Fault]:
    """Every fibre fails by itself; a chain of repeaters is down with any of its fibres."""
    one = KeyDemand(ends=_ENDS, rate_hz=1.0)
    works = (1.0 - DOWN) ** (spans if ARMS[way].repeats else 1)
    mean_s = OUTAGE_S * works / (1.0 - works)
    fibres = key_network(way, spans, folder, one).sites.spans
    return [Fault(edge=each.ends, mtbf_s=mean_s, mttr_s=OUTAGE_S) for each in fibres]


def _store() -> StoreTable:
    """A store that lasts for some outages of mean length, full at the beginning."""
    bits = round(LASTS * OUTAGE_S * REQUEST_HZ) * 256
    return StoreTable(capacity_bits=bits, initial_bits=bits)


def _times(quick: bool) -> RunTimes:
    duration, replicas = _TIMES[quick]
    return RunTimes(duration_s=duration, replicas=replicas)


def answer(rows: Sequence[StudyRow]) -> str:
    """What a corrupt node learns, and what that costs, at the distance with most to say."""
    spans = sorted({row["spans"] for row in rows})[-2]
    by = {row["way"]: row for row in where(rows, spans=spans)}
    one, xor, some, repeat = (
        by[way] for way in ("one route", "three routes, XOR", "three routes, any two", "repeaters")
    )
    return (
        f"Over {one['distance_km']:g} km every relay of a single route knows the whole key, and "
        f"with each corrupt with {CORRUPT:g} it is known with {one['known']:.3f}; XOR over three "
        f"routes brings that to {xor['known']:.4f} for {_bits(xor)} bits of link key a bit in "
        f"place of {_bits(one)}, but arrives with {xor['arrives']:.3f} in place of "
        f"{one['arrives']:.3f}; any two of three: {some['known']:.3f} and {some['arrives']:.3f}. "
        f"Repeaters with the same stations tell a corrupt node nothing, and leave "
        f"{repeat['key_rate_hz'].best:.0f} of {one['key_rate_hz'].best:.0f} bit/s."
    )


def _bits(row: StudyRow) -> str:
    return f"{row['link_bits_per_bit']:.0f}"


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key rate, link key for each bit, who knows the key, and what outages do."""
    panels = figure.subplots(2, 2)
    for axes, (name, words) in zip(panels.flat, _PANELS.items(), strict=True):
        for number, (way, own) in enumerate(grouped(rows, "way").items()):
            how = look(number)
            if name == "fails":
                own = [{**row, name: 1.0 - row["arrives"]} for row in own]
                _with_a_store(axes, own, number)
                how = how | {"marker": ""}
            line(axes, positive(own, name), "distance_km", name, label=way, **how)
        axes.set(xscale="log", yscale="log", xlabel="distance (km)", ylabel=words)
        axes.set_xticks(column(where(rows, way="one route"), "distance_km"))
        plain_numbers(axes.xaxis)
    panels[1][1].set_ylim(bottom=3e-5)
    for axes, note in ((panels[1][0], "repeaters: 0"), (panels[1][1], _NOTE)):
        axes.text(0.98, 0.03, note, transform=axes.transAxes, fontsize=8, ha="right")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)


def _with_a_store(axes: Axes, rows: Sequence[StudyRow], number: int) -> None:
    """Refusals at a store, side by side so that bars do not hide each other."""
    how = look(number)
    moved = [{**row, "at": row["distance_km"] * 1.05 ** (number - 2)} for row in rows]
    bars = {"color": how["color"], "fmt": how["marker"], "mfc": "white", "ms": 5, "capsize": 2}
    line(axes, moved, "at", "refused", points_of, label="", **bars)


_NOTE = "lines: no store; points: one that lasts 3000 s"

_PANELS = {
    "key_rate_hz": "secret-key rate (bit/s)",
    "link_bits_per_bit": "link key for each bit (bit)",
    "known": "P(corrupt nodes know the key)",
    "fails": "P(no key now)",
}

STUDY = Study.of_script(
    __name__,
    "Trusted nodes, multi-path, or repeaters: what does a spy in one node learn, and what does it "
    "cost in key?",
    keys=("key_rate_hz",),
    fixed=f"fibres of {SPAN_KM:g} km; of stations {CORRUPT:g} are corrupt and {DOWN:g} down",
    size_in=(9.5, 7.0),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
