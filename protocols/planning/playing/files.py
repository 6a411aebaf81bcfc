"""Files of a plan: a key network that is played and served, and a network of pairs."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from protocols.planning.design.plan import NetworkPlan
from protocols.planning.playing.faults import plan_faults
from protocols.planning.playing.layout import LaidHop, LaidPart, PlanLayout
from protocols.planning.playing.links import edge_table
from protocols.planning.playing.run_length import plan_run
from protocols.planning.technologies.tables import TechnologyTable
from qnet.errors import ParameterError
from qnet.network import Fault, RunTimes
from qnet.schema import read_kind, to_toml, values_of

if TYPE_CHECKING:
    from protocols.key_networks import KeyNetworkScenario

__all__ = [
    "files_named",
    "key_network_of",
    "key_network_text",
    "key_network_values",
    "sae_names",
]

#: Key in s that a store holds, at most this share of a time to repair, and fewest bits.
_HELD_S, _HELD_SHARE, _FEWEST_BITS = 60.0, 1e-3, 8192

#: An alarm that never comes by chance, for nobody is on these fibres.
_ALARM = {"false_alarm": 1e-12, "restart_s": 60.0}


def key_network_values(
    plan: NetworkPlan,
    *,
    technologies: Iterable[TechnologyTable] = (),
    folder: str = "",
    seed: int = 1,
    run: RunTimes | None = None,
    faults: Sequence[Fault] | None = None,
) -> dict[str, Any]:
    """Keys and tables of a plan's file of kind ``key-network``.

    Each part of a demand is a one-time pad of its key rate over its own ways; where there are
    several disjoint ways, each carries all, and one that is up is enough.

    Args:
        plan: The plan.
        technologies: What its options are made of, whose files then say the rates.
        folder: Where these files stand.
        seed: Seed of the run.
        run: How long it is played; as long as its promises need unless given.
        faults: What fails; all that may fail by chance unless given.

    Raises:
        ParameterError: If there is no plan to play.
    """
    if plan.objective is None:
        raise ParameterError("plan", "have something built", plan.status, plan.reason or "no plan")
    layout = PlanLayout(plan)
    failing = plan_faults(layout) if faults is None else tuple(faults)
    if run is None:
        run = plan_run(failing, _faults_of_ways(layout, failing), len(layout.hops))
    known = {each.name: each for each in technologies}
    held = _held_s(failing)
    edges = [
        edge_table(
            hop,
            None if hop.option is None else layout.case.options[hop.option],
            known,
            capacity_bits=_capacity(hop, held),
            folder=folder,
        )
        for hop in layout.hops
    ]
    sites = [n for n in layout.sites if n in layout.nodes]
    relays = {layout.sites[site] for site in plan.relays}
    found: dict[str, Any] = {
        "kind": "key-network",
        "seed": seed,
        "run": values_of(run),
        "topology": {"edges": [_joined(hop) for hop in layout.hops]},
        "alarm": dict(_ALARM),
        "edge": edges,
        "nodes": [{"name": n, "trusted": False} for n in sites if n not in relays],
        "demand": [_demand(part) for part in layout.parts],
        "fault": [values_of(fault) for fault in failing],
        "sae": [{"name": name, "node": node} for node, name in sae_names(_ends(layout)).items()],
    }
    if layout.most_ways > 1:
        found["relay"] = {"routes": layout.most_ways, "shares_needed": 1}
    return {name: value for name, value in found.items() if value not in ([], {})}


def key_network_of(plan: NetworkPlan, *, folder: str = "", **how: Any) -> KeyNetworkScenario:  # noqa: ANN401
    """The plan as a key network that can be played.

    Args:
        plan: The plan.
        folder: Where the files of its technologies stand.
        how: The rest of `key_network_values`.
    """
    values = key_network_values(plan, folder=folder, **how)
    found: KeyNetworkScenario = read_kind(values, "plan", ["key-network"], folder=folder)
    return found


def key_network_text(plan: NetworkPlan, **how: Any) -> str:  # noqa: ANN401
    """The plan as the text of a file that ``qnet run`` plays and ``qnet kme up`` starts.

    Args:
        plan: The plan.
        how: The rest of `key_network_values`.
    """
    said = (
        "# The network of a plan: every trusted node on the way is a node, every hop an edge.\n"
        "# Each demand takes the ways that the plan gives it; qnet run plays it, qnet kme up "
        "starts it.\n\n"
    )
    return said + to_toml(key_network_values(plan, **how))


def files_named(technologies: Iterable[TechnologyTable]) -> tuple[PurePath, ...]:
    """Files beside a scenario that the edges of its plan may name.

    Args:
        technologies: The technologies.
    """
    names = (each.keyrate or each.chain for each in technologies)
    return tuple(dict.fromkeys(PurePath(name) for name in names if name is not None))


def sae_names(sites: Iterable[str]) -> dict[str, str]:
    """A name for the SAE of each site that a certificate and a URL can carry.

    Args:
        sites: Names of the sites.

    Examples:
        >>> sae_names(["Köln", "Koln", "S\u00e3o Paulo"])
        {'Köln': 'sae-Koln', 'Koln': 'sae-Koln-2', 'São Paulo': 'sae-Sao-Paulo'}
    """
    found: dict[str, str] = {}
    for site in sites:
        plain = unicodedata.normalize("NFKD", site).encode("ascii", "ignore").decode()
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.")[:48] or "site"
        name, number = f"sae-{plain}", 1
        while name in found.values():
            number += 1
            name = f"sae-{plain}-{number}"
        found[site] = name
    return found


def _ends(layout: PlanLayout) -> tuple[str, ...]:
    """Sites at which demands end, in order."""
    return tuple(dict.fromkeys(end for part in layout.parts for end in part.ends))


def _joined(hop: LaidHop) -> list[Any]:
    return [*hop.ends] if hop.length_km is None else [*hop.ends, hop.length_km]


def _held_s(faults: Sequence[Fault]) -> float:
    """How long a store lasts when its edge fails, in s: short against every repair."""
    repairs = (fault.mttr_s for fault in faults if fault.mttr_s is not None)
    return min([_HELD_S, *(_HELD_SHARE * each for each in repairs)])


def _capacity(hop: LaidHop, held_s: float) -> int:
    return max(_FEWEST_BITS, math.ceil(hop.key_rate_hz * held_s))


def _demand(part: LaidPart) -> dict[str, Any]:
    return {
        "ends": list(part.ends),
        "device": "one-time-pad",
        "data_rate_bit_per_s": part.key_rate_hz,
        "routes": [list(way) for way in part.ways],
    }


def _faults_of_ways(layout: PlanLayout, faults: Sequence[Fault]) -> list[list[Fault]]:
    """Of each way of each part, the faults that stop it."""
    of_edges: dict[frozenset[str], list[Fault]] = {}
    of_nodes: dict[str, list[Fault]] = {}
    for fault in faults:
        if fault.node is not None:
            of_nodes.setdefault(fault.node, []).append(fault)
        else:
            of_edges.setdefault(frozenset(fault.edge or ()), []).append(fault)
    return [
        [
            *(f for pair in pairwise(way) for f in of_edges.get(frozenset(pair), ())),
            *(f for node in way[1:-1] for f in of_nodes.get(node, ())),
        ]
        for part in layout.parts
        for way in part.ways
    ]
