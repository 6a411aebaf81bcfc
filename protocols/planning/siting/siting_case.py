"""Case of a siting question: sites, spans, what is asked, and how long the search may take."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import rustworkx

from protocols.planning.design.model import IntegerProgramme, SolvedProgramme
from protocols.planning.sites.site_graph import SiteGraph
from protocols.planning.siting.answer import SitingAnswer
from protocols.planning.siting.question_table import SitingTable
from protocols.planning.technologies.tables import TechnologyTable
from qnet.errors import ParameterError, check_one_of

__all__ = ["SitingCase"]


@dataclass(frozen=True, kw_only=True)
class SitingCase:
    """All that a question is answered from.

    Args:
        graph: Sites and spans.
        table: What is asked.
        technology: Technologies, for a line and for relays on a tree.
        by: What two ways must not share, or what may fail: ``edges`` or ``nodes``.
        folder: Where the files stand that the table names.
        gap: The search ends when its answer is at most so far above the best, as a share of it.
        time_limit_s: Longest search in s.
        started: When the search began, by the monotonic clock.
    """

    graph: SiteGraph
    table: SitingTable
    technology: tuple[TechnologyTable, ...] = ()
    by: str = "edges"
    folder: str = ""
    gap: float = 1e-6
    time_limit_s: float = 110.0
    started: float = field(default_factory=time.monotonic)

    @property
    def left_s(self) -> float:
        """Time that is left for the search, in s; not negative."""
        return max(self.time_limit_s - (time.monotonic() - self.started), 0.0)

    def solved(self, programme: IntegerProgramme) -> SolvedProgramme:
        """The solution of a programme in the time that is left."""
        return programme.solved(gap=self.gap, time_limit_s=self.left_s)

    @cached_property
    def distances_km(self) -> npt.NDArray[np.float64]:
        """Great-circle distances of all sites, (n, n).

        Raises:
            ParameterError: If a site has no place.
        """
        self.graph.check_places(f"the question {self.table.question}")
        return self.graph.distances_km

    @cached_property
    def lengths_km(self) -> list[float]:
        """Length of each span for siting.

        Raises:
            ParameterError: If there is no span, or one has no length.
        """
        if not self.graph.spans:
            hint = "two sites or more, and spans between them, are needed"
            raise ParameterError("sites.graph", "join two sites or more", "no span", hint)
        found = []
        for span in self.graph.spans:
            if span.siting_km is None:
                hint = "give its length in km, or places for both ends"
                name = " - ".join(self.names(span.ends))
                raise ParameterError("sites.edges", "have a length each", name, hint)
            found.append(span.siting_km)
        return found

    @cached_property
    def ends(self) -> list[tuple[int, int]]:
        """Numbers of the ends of each span."""
        return [span.ends for span in self.graph.spans]

    @cached_property
    def weights(self) -> npt.NDArray[np.float64]:
        """What each site counts, (n,), in sum 1.

        Raises:
            ParameterError: If populations count, and a site has none.
        """
        people = [site.population for site in self.graph.sites]
        asked = self.table.weight
        if asked == "equal" or (asked is None and all(each is None for each in people)):
            return np.full(len(people), 1.0 / len(people))
        for site in self.graph.sites:
            if site.population is None:
                hint = 'add it, or write weight = "equal"'
                raise ParameterError("site.weight", "have the population of each", site.name, hint)
        found = np.array([each or 0.0 for each in people])
        if not found.sum() > 0.0:
            hint = 'write weight = "equal"'
            raise ParameterError("site.weight", "have people at a site", "none", hint)
        return found / found.sum()

    @property
    def weight_notes(self) -> tuple[str, ...]:
        """A sentence where populations would count, and no site has one."""
        people = [site.population for site in self.graph.sites]
        if self.table.weight is None and all(each is None for each in people):
            return ("no site has a population: all count alike",)
        return ()

    def terminals(self, *, least: int = 2, most: int | None = None) -> tuple[int, ...]:
        """Numbers of the sites that must be joined; all unless they are named.

        Args:
            least: Fewest of them.
            most: Most of them; any number unless given.

        Raises:
            ParameterError: If one is not there, is named twice, or there are too few or many.
        """
        names = self.table.terminals
        if names is None:
            return tuple(range(len(self.graph.sites)))
        known, field_ = self.graph.number, "site.terminals"
        found = []
        for k, name in enumerate(names):
            number = known[check_one_of(f"{field_}[{k}]", name, known)]
            if number in found:
                part = f"{field_}[{k}]"
                raise ParameterError(part, "name each site once", name, "name another site")
            found.append(number)
        if most is not None and len(found) != most:
            hint = f'the question {self.table.question} is about {most}: write ["A", "B"]'
            raise ParameterError(field_, f"name {most} sites", list(names), hint)
        if len(found) < least:
            hint = "name another site"
            raise ParameterError(field_, f"name {least} sites or more", list(names), hint)
        return tuple(found)

    def names(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """Names of sites by their numbers."""
        return tuple(self.graph.sites[k].name for k in numbers)

    def edge_names(self, spans: Iterable[int]) -> tuple[tuple[str, str], ...]:
        """Names of both ends of spans by their numbers."""
        return tuple(
            (self.graph.sites[one].name, self.graph.sites[other].name)
            for one, other in (self.ends[k] for k in spans)
        )

    def without(self, status: str, reason: str = "", **figures: object) -> SitingAnswer:
        """An answer that there is none.

        Args:
            status: ``infeasible``, or ``time limit`` for a search that stopped without any.
            reason: Why, a sentence.
            figures: ``unit``, ``bound`` and what else the answer has.
        """
        if status == "time limit":
            status = "no plan"
            reason = reason or "the search stopped on time: give it more with [solve] time_limit_s"
        return SitingAnswer(
            question=self.table.question,
            status=status,
            reason=reason,
            **figures,  # type: ignore[arg-type]
        )

    def answered(
        self, status: str, objective: float, bound: float | None, **figures: object
    ) -> SitingAnswer:
        """An answer that HiGHS found.

        Args:
            status: That of HiGHS; ``within gap`` for what it calls optimal with a gap that is not
                rounding.
            objective: What was made small.
            bound: No answer is below it; what it exceeds the objective by is rounding.
            figures: What else the answer has.
        """
        if bound is not None:
            bound = min(bound, objective)
            is_near = objective - bound <= 1e-9 + 1e-6 * abs(objective)
            status = "within gap" if status == "optimal" and not is_near else status
        return SitingAnswer(
            question=self.table.question,
            status=status,
            objective=objective,
            bound=bound,
            **figures,  # type: ignore[arg-type]
        )

    def network(self, spans: Iterable[int]) -> rustworkx.PyGraph:
        """The sites, joined by some spans whose numbers are the weights."""
        graph = rustworkx.PyGraph(multigraph=False)
        graph.add_nodes_from(range(len(self.graph.sites)))
        graph.add_edges_from([(*self.ends[span], span) for span in spans])
        return graph

    def bridges(self, spans: Iterable[int]) -> list[int]:
        """Those of some spans without which more sites are apart."""
        graph = self.network(spans)
        pairs = map(list, rustworkx.bridges(graph))
        return sorted(graph.get_edge_data(one, other) for one, other in pairs)

    def parts(self, spans: Sequence[int], without: int | None = None) -> list[int]:
        """Number of the part that each site belongs to, where these spans are there.

        Args:
            spans: Numbers of the spans.
            without: A site that is taken away; its part is -1.
        """
        part = list(range(len(self.graph.sites)))

        def root(k: int) -> int:
            while part[k] != k:
                part[k] = part[part[k]]
                k = part[k]
            return k

        for span in spans:
            one, other = self.ends[span]
            if without not in (one, other):
                part[root(one)] = root(other)
        found = [root(k) for k in range(len(part))]
        if without is not None:
            found[without] = -1
        return found
