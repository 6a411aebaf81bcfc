"""Repeaters of a country: where they stand in its fibre network, and what longer hops spare.

Question: how many repeaters does a country's fibre network need, and what do longer hops or a
second way change?

Answer: four for any hops from 130 to 210 km; a second way that shares no repeater takes eight, and
hops of 150 km. Below 130 km no network of these sites joins the towns: where repeaters stand is
given by where the sites are, not by what repeaters can do. Hops of 250 km would halve their number,
but hardly a pair comes over them. The slowest first way has 17 bit/s, the slowest second way less
than one: a detour costs more key than it costs repeaters.

How: fewest repeaters such that any two of four towns at the corners have a way whose hops have at
most a length, over at most six repeaters, at sites of the network (J. Rabbie et al., npj Quantum
Inf. 8, 5 (2022), arXiv:2005.14715), solved as an integer programme; two ways share no repeater.
There 136 km and six repeaters follow from links of fidelity 0.99, pairs of 0.93, 1000 modes, swaps
that succeed with one half and a pair a second. The key is that of the slowest way, every hop taken
as long as its longest: 1000 modes with heralding in the middle, all hops in the same attempt or
none, photons that interfere with visibility 0.98, played by the exact engine; BBM92, error
correction at 1.16 times the Shannon limit. The country is ``networks/national.graphml``, twelve
towns that do not exist, with fibres a fifth longer than the great circle. The network of SURFnet is
worked out as well, with the four end nodes of the paper, where the environment says where its file
is: ``QNET_SURFNET=SurfnetCore.gml qnet study ...`` (of the paper's code, jtrabbie/RepAlloc; it has
no licence, so that the package does not bring it).

Run: ``qnet study repeaters-of-a-country [--quick] [--out DIR]``, some seconds on one core.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, grouped, known, line
from experiments.studies.study import Study, StudyPoint
from qnet.errors import EngineError, InfeasiblePlanError, ParameterError
from qnet.estimate import Estimate
from qnet.figures import curve
from qnet.figures.style import look
from qnet.metrics.security import SecurityClaim
from qnet.schema import read_kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from protocols.planning.scenario import PlanScenario
    from protocols.planning.sites.site_graph import SiteGraph
    from protocols.planning.siting.answer import SitingAnswer

__all__ = ["COUNTRY", "STUDY", "SURFNET", "placement", "work"]

#: The environment variable that says where the fibre network of SURFnet is.
SURFNET = "QNET_SURFNET"

COUNTRY = "a country that does not exist"

#: Network -> the towns that any two of which are joined.
TERMINALS = {
    COUNTRY: ("Nordhaven", "Altmark", "Rheinau", "Grenzland"),
    "SURFnet": ("Delft 1", "Groningen 1", "Maastricht", "Enschede 2"),
}

#: Longest hops in km, and ways between any two towns; most repeaters of a way.
HOPS_KM = (110.0, 120.0, 130.0, 136.0, 150.0, 170.0, 190.0, 210.0, 230.0, 250.0, 270.0)
QUICK_HOPS_KM = (110.0, 136.0, 190.0)

#: Over longer hops hardly a pair comes, and none is played.
_PLAYED_KM = 200.0
WAYS = (1, 2)
MOST_REPEATERS = 6

_CHAIN: dict[str, Any] = {
    "kind": "chain",
    "link": {
        "scheme": "double-click",
        "preset": "ideal",
        "modes": 1000,
        "emitter": {"visibility": 0.98},
    },
    "fibre": {"loss_db_per_km": 0.2},
    "key": {"error_correction_efficiency": 1.16},
}

#: What a chain of several hops has besides.
_SWAPS: dict[str, Any] = {
    "swap": {"success_probability": 0.5},
    "cutoff": {"kind": "difference", "time_s": 0.0},
}


def points(quick: bool) -> list[StudyPoint]:
    """Every longest hop and number of ways, in every network that is there."""
    files = {COUNTRY: "national.graphml"}
    if given := os.environ.get(SURFNET, ""):
        files["SURFnet"] = str(Path(given).resolve())
    return [
        {"network": name, "file": file, "digest": _digest(file), "ways": ways, "hop_km": km}
        for name, file in files.items()
        for ways in WAYS
        for km in (QUICK_HOPS_KM if quick else HOPS_KM)
    ]


def _digest(file: str) -> str:
    """What tells one file of the user from another.

    Raises:
        ParameterError: If it cannot be read.
    """
    if Path(file).name == file:
        return ""
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16]
    except OSError as error:
        hint = "let it name SurfnetCore.gml of jtrabbie/RepAlloc, or unset it"
        raise ParameterError(SURFNET, "name a file that can be read", file, hint) from error


def placement(network: str, file: str, ways: int, hop_km: float) -> PlanScenario:
    """The siting question of a network.

    Args:
        network: A name of ``TERMINALS``.
        file: Its file.
        ways: Ways between any two towns.
        hop_km: Longest hop.
    """
    scenario: PlanScenario = read_kind(
        {
            "kind": "plan",
            "sites": {"file": file, "graph": "file", "route_factor": 1.2},
            "site": {
                "question": "repeaters",
                "terminals": list(TERMINALS[network]),
                "maximum_hop_km": hop_km,
                "maximum_repeaters": MOST_REPEATERS,
                "ways": ways,
            },
        }
    )
    return scenario


def work(point: StudyPoint, seed: int) -> StudyRow:
    """The fewest repeaters, how long ways are, and the key of the slowest."""
    scenario = placement(point["network"], point["file"], point["ways"], point["hop_km"])
    found = scenario.answer()
    if found.objective is None:
        return {"reason": found.reason, "security": SecurityClaim.none(found.reason).as_dict()}
    hops = _hops_km(scenario.graph, found)
    longest = max(map(max, hops))
    if longest > _PLAYED_KM:
        rate, claim = None, SecurityClaim.none(f"hops of {longest:.0f} km are not played")
    else:
        rates = [_key(len(each), max(each)) for each in hops]
        rate, claim = min(rates, key=lambda each: each[0].best)
    return {
        "repeaters": int(found.objective),
        "chosen": ", ".join(found.chosen),
        "most_on_a_way": max(map(len, hops)) - 1,
        "longest_way_km": max(map(sum, hops)),
        "longest_hop_km": longest,
        "key_rate_hz": rate,
        "security": claim.as_dict(),
    }


def _hops_km(graph: SiteGraph, found: SitingAnswer) -> list[list[float]]:
    """Lengths of the hops of each way, each over the shortest fibre."""
    import rustworkx as rx

    fibres: rx.PyGraph[int, float] = rx.PyGraph(multigraph=False)
    fibres.add_nodes_from(range(len(graph.sites)))
    fibres.add_edges_from([(*each.ends, each.length_km or 0.0) for each in graph.spans])
    lengths = rx.all_pairs_dijkstra_path_lengths(fibres, float)
    number = {site.name: k for k, site in enumerate(graph.sites)}
    return [[lengths[number[a]][number[b]] for a, b in pairwise(way)] for way in found.more["ways"]]


@lru_cache(maxsize=256)
def _key(hops: int, hop_km: float) -> tuple[Estimate, SecurityClaim]:
    """Key rate of a chain of equal hops, and what it claims."""
    chain = {"segments": hops, "length_km": hops * hop_km, "strategy": "nested"}
    more: Mapping[str, Any] = _SWAPS if hops > 1 else {}
    try:
        result = read_kind({**_CHAIN, **more, "chain": chain}).play(engine="exact", width=0.1)
    except (EngineError, InfeasiblePlanError) as error:
        # So few pairs that the engine cannot follow them.
        return Estimate.exact(0.0), SecurityClaim.none(str(error))
    return result.secret_key_rate_hz, result.security


def answer(rows: Sequence[StudyRow]) -> str:
    """Repeaters by the longest hop, and what a second way takes."""
    told = []
    for (network, ways), own in grouped(rows, "network", "ways").items():
        alive = known(own, "repeaters")
        counts = ", ".join(f"{row['repeaters']} with {row['hop_km']:g} km" for row in alive)
        played = grouped(known(own, "key_rate_hz"), "repeaters")
        slow = [f"{some[0]['key_rate_hz'].best:.3g} with {n}" for n, some in played.items()]
        none = ", ".join(f"{row['hop_km']:g}" for row in own if row not in alive)
        missing = f"; none with {none} km" if none else ""
        way = "one way" if ways == 1 else f"{ways} ways"
        key = f" (bit/s of the slowest way: {', '.join(slow)})" if slow else ""
        told.append(f"{network}, {way}: {counts or 'no repeaters are enough'}{key}{missing}")
    return f"Fewest repeaters by the longest hop: {'; '.join(told)}."


#: Words in a corner.
_NOTE: dict[str, Any] = {"ha": "right", "fontsize": 8, "color": "0.4"}


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Repeaters, and key of the slowest way, by the longest hop."""
    count, key = figure.subplots(1, 2, sharex=True)
    several = len(grouped(rows, "network")) > 1
    for number, ((network, ways), own) in enumerate(grouped(rows, "network", "ways").items()):
        way = "one way for each two towns" if ways == 1 else f"{ways} ways that share no repeater"
        label = f"{network}: {way}" if several else way
        line(count, known(own, "repeaters"), "hop_km", "repeaters", label=label, **look(number))
        alive = [row for row in known(own, "key_rate_hz") if row["key_rate_hz"].best > 0.0]
        line(key, alive, "hop_km", "key_rate_hz", curve, label="", **look(number))
    for axes in (count, key):
        axes.axvline(136.0, color="0.6", ls=":", marker="", lw=1.0, zorder=0.9)
        axes.set_xlabel("longest hop (km)")
    count.set_ylabel("fewest repeaters")
    count.set_ylim(bottom=0)
    count.text(138.0, 0.2, "136 km", color="0.4", fontsize=8)
    key.text(0.98, 0.02, "longer hops are not played", transform=key.transAxes, **_NOTE)
    key.set(yscale="log", ylabel="key rate of the slowest way (bit/s)")
    figure.legend(*count.get_legend_handles_labels(), loc="outside upper center", ncols=2)


STUDY = Study.of_script(
    __name__,
    "How many repeaters does a country's fibre network need, and what do longer hops or a second "
    "way change?",
    keys=("key_rate_hz",),
    fixed=f"four towns, at most {MOST_REPEATERS} repeaters, 1000 modes, visibility 0.98",
    size_in=(9.5, 4.2),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
