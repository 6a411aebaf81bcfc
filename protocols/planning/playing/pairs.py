"""Networks of pairs of a plan: each span of repeaters as a file of kind ``network``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from protocols.planning.design.plan import NetworkPlan
from protocols.planning.playing.layout import PlanLayout
from protocols.planning.technologies.repeater import planned_chain
from protocols.planning.technologies.tables import TechnologyTable
from qnet.schema import read_kind, to_toml, values_of

if TYPE_CHECKING:
    from protocols.networks import NetworkScenario
    from protocols.planning.optimise import Candidate
    from protocols.repeaters import Chain

__all__ = ["pair_network_of", "pair_network_texts", "pair_network_values"]

#: Pairs of a run, all replicas together: enough for a key rate to a few hundredths.
_PAIRS = 100_000

#: Independent runs.
_REPLICAS = 20

#: Tables of a chain that a network has as well.
_TABLES = ("link", "fibre", "coexistence", "memory", "swap", "key")


def pair_network_values(
    plan: NetworkPlan,
    option: int,
    technology: TechnologyTable,
    *,
    folder: str = "",
    seed: int = 1,
) -> dict[str, Any] | None:
    """Keys and tables of a file of kind ``network`` that plays one span of repeaters.

    Its ends always ask for pairs, and its stations swap as the plan of its chain does, so that its
    key rate is that of one pair of devices of the option.

    Args:
        plan: The plan.
        option: Number of an option of repeaters.
        technology: Its technology.
        folder: Where the file of its chain stands.
        seed: Seed of the run.

    Returns:
        The values; None where the option has a rate law, or its chain has links of its own for each
        segment, for which a network has no table.
    """
    built = plan.case.options[option]
    if technology.chain is None or built.length_km is None or built.nodes > 0:
        return None
    segments = built.stations + 1
    chain, trial = planned_chain(technology, built.length_km, segments, folder)
    if chain.links is not None or chain.length_km is None:
        return None
    names = _names(PlanLayout(plan), option, segments)
    step = chain.length_km / segments
    rate = trial.rate_hz
    described = values_of(chain)
    return {
        "kind": "network",
        "seed": seed,
        "run": {
            "duration_s": float(math.ceil(_PAIRS / _REPLICAS / rate)),
            "warm_up_s": float(math.ceil(10.0 / rate)),
            "replicas": _REPLICAS,
        },
        "topology": {"edges": [[*pair, step] for pair in pairwise(names)]},
        **{name: described[name] for name in _TABLES if name in described},
        **_planned(chain, trial.candidate),
        "demand": [{"ends": [names[0], names[-1]], "arrivals": "backlog", "pairs": _PAIRS}],
    }


def _names(layout: PlanLayout, option: int, segments: int) -> list[str]:
    """Names of the ends, and of the stations between them."""
    one, two = (layout.nodes_of[option][place] for place in (0, -1))
    return [one, *(f"station {k}" for k in range(1, segments)), two]


def _planned(chain: Chain, candidate: Candidate) -> dict[str, Any]:
    """Strategy, cut-offs and distillation of the chain's best plan."""
    given = candidate.strategy not in ("nested", "sequential", "swap-asap")
    found: dict[str, Any] = {
        "controller": {
            "strategy": chain.strategy if given else candidate.strategy,
            "signalling": "fibre" if chain.classical_latency else "instantaneous",
        }
    }
    described = values_of(chain)
    if given:
        return found | {
            name: described[name] for name in ("cutoff", "distill") if name in described
        }
    times = [time for time in candidate.cutoffs_s if time is not None]
    if times and len(times) == len(candidate.cutoffs_s):
        kind = described.get("cutoff", {}).get("kind", "difference")
        found["cutoff"] = {"kind": kind, "time_s": times[0] if len(times) == 1 else times}
    if candidate.distill_rounds:
        found["distill"] = {
            **described.get("distill", {}),
            "rounds": candidate.distill_rounds,
            "level": candidate.distill_level,
        }
    if candidate.bright_state_population is not None:
        link = dict(described.get("link", {}))
        found["link"] = link | {"bright_state_population": candidate.bright_state_population}
    return found


def pair_network_of(
    plan: NetworkPlan, option: int, technology: TechnologyTable, *, folder: str = "", seed: int = 1
) -> NetworkScenario | None:
    """One span of repeaters as a network that can be played; None as of `pair_network_values`."""
    values = pair_network_values(plan, option, technology, folder=folder, seed=seed)
    if values is None:
        return None
    found: NetworkScenario = read_kind(values, "plan", ["network"], folder=folder)
    return found


def pair_network_texts(
    plan: NetworkPlan,
    technologies: Iterable[TechnologyTable],
    *,
    folder: str = "",
    seed: int = 1,
) -> Mapping[str, str]:
    """Texts of the files of kind ``network``, by their names: one for each span of repeaters.

    Args:
        plan: The plan.
        technologies: What its options are made of.
        folder: Where the files of chains stand.
        seed: Seed of the runs.
    """
    known = {each.name: each for each in technologies}
    found: dict[str, str] = {}
    for built in plan.built:
        option = plan.case.options[built.option]
        technology = known.get(option.technology)
        if technology is None or technology.kind != "repeater":
            continue
        values = pair_network_values(plan, built.option, technology, folder=folder, seed=seed)
        if values is not None:
            said = (
                f"# One of {built.pairs} chains of repeaters between "
                f"{values['demand'][0]['ends'][0]} and {values['demand'][0]['ends'][1]}: its key "
                f"rate is {option.rate_hz.best:.6g} bit/s.\n\n"
            )
            found[f"pairs-{len(found) + 1}.toml"] = said + to_toml(values)
    return found
