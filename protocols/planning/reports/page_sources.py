"""Sources of the figures of a plan's page: formula, seed, and the works behind each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from protocols.planning.reports.findings import PlanFindings
from qnet.references import REFERENCES

__all__ = ["FIGURE_SOURCES", "FigureSource", "source_rows", "works_cited"]


class FigureSource(NamedTuple):
    """A figure of the page.

    Args:
        figure: What it is.
        formula: How it is worked out.
        sampled: Whether it was drawn, with the seed of the scenario.
        works: Keys of the bibliography.
    """

    figure: str
    formula: str
    sampled: bool = False
    works: tuple[str, ...] = ()


#: The figures, in the order of the page.
FIGURE_SOURCES: tuple[FigureSource, ...] = (
    FigureSource(
        "what is built, status, bound, gap",
        "integer programme: whole pairs of devices carry the flows of all demands at least cost; "
        "gap = (cost - bound)/cost",
        works=("HuangfuHall2018",),
    ),
    FigureSource(
        "secret bits/s of a span",
        "pairs of devices times the rate of one over a hop, from the key-rate model, chain, or "
        "satellite of its technology; the notes say which",
    ),
    FigureSource(
        "km of fibre", "great circle on a sphere of 6371 km times route_factor, or as given"
    ),
    FigureSource(
        "investment",
        "sum over nodes and fibre on the way, pairs of devices, relaying sites, "
        "ground stations and satellites",
    ),
    FigureSource(
        "cost of a year",
        "investment times (r/(1 - (1 + r)^-n) + operation_per_year), and people beyond it",
    ),
    FigureSource(
        "cost of a bit",
        "share of the yearly cost, in proportion to the key through each thing, over key rate x "
        "availability x 365.25 days",
    ),
    FigureSource(
        "availability",
        "MTBF/(MTBF + MTTR) of each thing; of a part of a key the probability that one of its ways "
        "is up, by factoring, what ways share counted once",
        works=("SatyanarayanaChang1983", "CarlierLucet1996"),
    ),
    FigureSource(
        "what corrupt nodes learn",
        "a relay learns what goes over it, a node on the way all of its span",
        works=("Salvail2010", "Shamir1979"),
    ),
    FigureSource(
        "who is noticed",
        "intercept and resend raises the error rate by f(1 - 2q)/4; blocks of compared bits under "
        "an exact binomial test",
        works=("BennettBrassard1984",),
    ),
    FigureSource(
        "single failures, computed",
        "ways without what fails; rerouting by a linear programme",
        works=("HuangfuHall2018",),
    ),
    FigureSource(
        "single failures, replayed; promises, played",
        "key network in simulated time: each hop, node and relay fails and is repaired at random",
        sampled=True,
    ),
    FigureSource(
        "stores",
        "Markov-modulated fluid queue of devices that fail",
        works=("AnickMitraSondhi1982",),
    ),
    FigureSource("people", "8766 h a year of each post over the hours of a person; repairs a year"),
)


def source_rows(findings: PlanFindings) -> list[list[str]]:
    """Figure, formula, seed and works, for the page.

    Args:
        findings: What the page shows.
    """
    seed = f"{findings.scenario.seed}"
    return [
        [each.figure, each.formula, seed if each.sampled else "computed", _short(each)]
        for each in FIGURE_SOURCES
    ]


def _short(each: FigureSource) -> str:
    return "; ".join(key for key in each.works if key in REFERENCES) or "the page itself"


def works_cited(findings: PlanFindings) -> Iterator[str]:
    """The works behind the page, in full.

    Args:
        findings: What the page shows.
    """
    keys = [*findings.scenario.cited(), *(key for each in FIGURE_SOURCES for key in each.works)]
    for key in dict.fromkeys(keys):
        if key in REFERENCES:
            work = REFERENCES[key]
            yield f"{key}: {work}" + (f", {work.url}" if work.url else "")
