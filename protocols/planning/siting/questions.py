"""Table of the siting questions: one line for each, which stands in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from protocols.planning.siting.answer import SitingAnswer
from protocols.planning.siting.cover import cover
from protocols.planning.siting.fewest_repeaters import fewest_repeaters
from protocols.planning.siting.line import cheapest_line
from protocols.planning.siting.p_centre import p_centre
from protocols.planning.siting.p_median import p_median
from protocols.planning.siting.shortest_pair import shortest_pair
from protocols.planning.siting.siting_case import SitingCase
from protocols.planning.siting.spanning_tree import spanning_tree
from protocols.planning.siting.steiner import steiner_tree
from protocols.planning.siting.two_connected import two_connected

__all__ = ["QUESTIONS", "SitingQuestion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SitingQuestion:
    """A question about where to put nodes.

    Args:
        sentence: What is asked.
        measure: What was made small, with its unit, where the unit alone does not tell.
        answer: What answers it.
        needs: Keys of [site] that it needs, with an example of each.
        has_sites: Whether it is about sites.
        cites: Keys of the bibliography that its answer rests on.
    """

    sentence: str
    measure: str = ""
    answer: Callable[[SitingCase], SitingAnswer]
    needs: Mapping[str, object] = field(default_factory=dict)
    has_sites: bool = True
    cites: tuple[str, ...] = ()


_ENDS = {"terminals": ["A", "B"]}

#: Every question by its name; a new one is a file and a line.
QUESTIONS: dict[str, SitingQuestion] = {
    "p-median": SitingQuestion(
        sentence="which p sites have the least mean distance to all?",
        measure="mean km",
        answer=p_median,
        cites=("Hakimi1964",),
        needs={"p": 3},
    ),
    "p-centre": SitingQuestion(
        sentence="which p sites have the farthest of all nearest to them?",
        measure="farthest km",
        answer=p_centre,
        cites=("Hakimi1964", "Toregas1971"),
        needs={"p": 3},
    ),
    "cover": SitingQuestion(
        sentence="which fewest sites have each within a radius?",
        answer=cover,
        cites=("Toregas1971",),
        needs={"radius_km": 600.0},
    ),
    "spanning-tree": SitingQuestion(
        sentence="which shortest edges join all sites?",
        measure="km in all",
        answer=spanning_tree,
    ),
    "steiner": SitingQuestion(
        sentence="which shortest edges join the terminals, over others where that is shorter?",
        measure="km in all",
        answer=steiner_tree,
        needs=_ENDS,
    ),
    "two-connected": SitingQuestion(
        sentence="which shortest edges keep all joined when any one edge or node fails?",
        measure="km in all",
        answer=two_connected,
        cites=("Grotschel1992",),
    ),
    "shortest-pair": SitingQuestion(
        sentence="which two ways between the terminals share nothing, and are shortest together?",
        measure="km in all",
        answer=shortest_pair,
        cites=("Suurballe1974",),
        needs=_ENDS,
    ),
    "line": SitingQuestion(
        sentence="how many trusted nodes and pairs of devices make a line cheapest?",
        answer=cheapest_line,
        cites=("Alleaume2009",),
        needs={"length_km": 500.0, "demand_hz": 10e3},
        has_sites=False,
    ),
    "repeaters": SitingQuestion(
        sentence="which fewest repeaters join any two terminals?",
        answer=fewest_repeaters,
        cites=("Rabbie2022",),
        needs=_ENDS,
    ),
}
