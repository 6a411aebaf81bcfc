"""Scenario of a network plan: sites, who needs key, technologies, requirements and money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from protocols.key_networks.edge_rates import read_beside
from protocols.planning.design.case import PlanCase, PlanDemand
from protocols.planning.operation.money import MoneyTable
from protocols.planning.operation.staff import StaffTable
from protocols.planning.plan_tables import RequireTable, SolveTable
from protocols.planning.sites.demand_table import DemandsTable, plan_demands
from protocols.planning.sites.read_sites import credits_of, site_graph
from protocols.planning.sites.site_graph import SiteGraph
from protocols.planning.sites.site_table import SitesTable
from protocols.planning.siting.question_table import SitingTable
from protocols.planning.technologies.tables import TechnologyTable
from protocols.planning.trust.detection_table import DetectionTable
from qnet import schema
from qnet.errors import ParameterError
from qnet.schema import Whole, canonical, parse

if TYPE_CHECKING:
    from protocols.planning.design.plan import NetworkPlan
    from protocols.planning.siting.answer import SitingAnswer

__all__ = ["PlanScenario"]

#: Keys that name a file, of technologies and of what ``qnet site`` answers.
_FILES = ("keyrate", "chain", "satellite")


@dataclass(frozen=True, kw_only=True, repr=False)
class PlanScenario(schema.Scenario):
    """Sites that need key between each other, and what a network for them may be built of.

    Args:
        name: What to call it: the name of its file.
        folder: Where its file stands; the files that it names are looked for there.
        seed: Seed of what is sampled.
        sites: Where the sites are, and which can be joined.
        demands: Who needs how much key.
        technology: Ways to join two sites.
        require: What every demand must have.
        money: How an investment becomes a yearly cost.
        staff: People who operate the network.
        detection: Who listens, and how the ends of a hop watch.
        solve: How long a plan is searched for.
        site: What ``qnet site`` answers.

    Raises:
        ParameterError: If something is missing, out of range, or does not go together.

    Examples:
        >>> scenario = PlanScenario(
        ...     sites=SitesTable(edges=[["A", "B", 80.0], ["B", "C", 60.0]]),
        ...     demands=DemandsTable(listed=[["A", "C", 10e3]]),
        ... )
        >>> scenario.asked
        (PlanDemand(ends=(0, 2), key_rate_hz=10000.0, disjoint_paths=1),)
    """

    kind: ClassVar[str] = "plan"

    #: Keys of other kinds -> where they belong.
    elsewhere: ClassVar[Mapping[str, str]] = {
        "demand": "[demands], with list = [...]",
        "topology": "[sites]",
        "technologies": "[[technology]], one table for each",
        "engine": "the files that a technology names",
    }

    name: str = schema.key("scenario", hidden=True, compare=False)
    folder: str = schema.key("", hidden=True, compare=False)
    seed: int = schema.key(1, check=Whole())
    sites: SitesTable | None = None
    demands: DemandsTable | None = None
    technology: tuple[TechnologyTable, ...] = ()
    require: RequireTable = schema.key(factory=RequireTable)
    money: MoneyTable = schema.key(factory=MoneyTable)
    staff: StaffTable = schema.key(factory=StaffTable)
    detection: DetectionTable = schema.key(factory=DetectionTable)
    solve: SolveTable = schema.key(factory=SolveTable)
    site: SitingTable | None = None

    def __post_init__(self) -> None:
        schema.check_fields(self)
        seen: dict[str, int] = {}
        for k, each in enumerate(self.technology):
            if seen.setdefault(each.name, k) != k:
                hint = "give each technology a name of its own"
                part = f"technology[{k}].name"
                raise ParameterError(part, "be there once", each.name, hint)
        if self.sites is None and (self.site is None or self.demands is not None):
            raise schema.missing("sites.file", "capitals.csv")
        if self.sites is not None and self.sites.file is None:
            _ = self.asked

    @cached_property
    def graph(self) -> SiteGraph:
        """The sites, and which can be joined.

        Raises:
            ParameterError: If there are none, or their file is malformed.
        """
        if self.sites is None:
            raise schema.missing("sites.file", "capitals.csv")
        return site_graph(self.sites, self.folder)

    @cached_property
    def asked(self) -> tuple[PlanDemand, ...]:
        """Who needs key; nobody without [demands]."""
        if self.demands is None:
            return ()
        return plan_demands(self.demands, self.graph, self.folder)

    @cached_property
    def case(self) -> PlanCase:
        """All that a plan is made from: every way to join two sites, with its rate and cost.

        Raises:
            ParameterError: If there are no demands or technologies, or a rate cannot be worked out.
        """
        from protocols.planning.technologies.build import options_of

        self.check()
        return options_of(self)

    def check(self) -> None:
        """Raise when nothing can be planned: nobody needs key, or there is nothing to build.

        Raises:
            ParameterError: With what to add.
        """
        if self.demands is None:
            raise schema.missing("demands.model", "gravity")
        if not self.technology:
            hint = 'add [[technology]] with name = "trusted-fibre" and kind = "trusted-nodes"'
            raise ParameterError("technology", "say what can be built", schema.NOTHING, hint)
        _ = self.asked

    def plan(self, *, gap: float | None = None, time_limit_s: float | None = None) -> NetworkPlan:
        """The cheapest network that serves all demands.

        Args:
            gap: How much dearer than the cheapest it may be, unless as described.
            time_limit_s: Longest search in s, unless as described.

        Raises:
            ParameterError: If nothing can be planned, or a demand has no way at all.
        """
        from protocols.planning.design.programme import design

        asked = self.solve
        return design(
            self.case,
            gap=asked.gap if gap is None else gap,
            time_limit_s=asked.time_limit_s if time_limit_s is None else time_limit_s,
        )

    def answer(
        self, *, gap: float | None = None, time_limit_s: float | None = None
    ) -> SitingAnswer:
        """The answer to the siting question of [site].

        Args:
            gap: How far above the best it may be, as a share, unless as described.
            time_limit_s: Longest search in s, unless as described.

        Raises:
            ParameterError: If nothing is asked, or something that the question needs is missing.
        """
        from protocols.planning.siting.questions import QUESTIONS
        from protocols.planning.siting.siting_case import SitingCase

        if self.site is None:
            raise schema.missing("site.question", "p-median")
        question, asked = QUESTIONS[self.site.question], self.solve
        case = SitingCase(
            graph=self.graph if question.has_sites else SiteGraph(sites=()),
            table=self.site,
            technology=self.technology,
            by=self.site.by or self.require.by,
            folder=self.folder,
            gap=asked.gap if gap is None else gap,
            time_limit_s=asked.time_limit_s if time_limit_s is None else time_limit_s,
        )
        return question.answer(case)

    def cited(self) -> Iterator[str]:
        """Keys of the bibliography that its answer rests on, most specific first."""
        if self.site is not None:
            from protocols.planning.siting.questions import QUESTIONS

            yield from QUESTIONS[self.site.question].cites
        for each in self.technology:
            yield from each.cited()
        if self.sites is not None:
            yield from credits_of(self.sites, self.folder)
        yield "HuangfuHall2018"

    def canonical(self) -> dict[str, Any]:
        """All that changes an answer, as JSON types: what came of the files, not their names.

        How long is searched at most is not in it.
        """
        graph = None if self.sites is None else self.graph
        described = {"sites": canonical(graph), "demands": canonical(self.asked)}
        described["splittable"] = self.demands is None or self.demands.splittable
        described["gap"] = canonical(self.solve.gap)
        described["technology"] = [self._with_files(each) for each in self.technology]
        described["site"] = None if self.site is None else self._with_files(self.site)
        names = ("seed", "require", "money", "staff", "detection")
        return described | {name: canonical(getattr(self, name)) for name in names}

    def _with_files(self, table: TechnologyTable | SitingTable) -> dict[str, Any]:
        """A table as JSON types, with what stands in the files that it names."""
        said: dict[str, Any] = canonical(table)
        for name in _FILES:
            file = getattr(table, name, None)
            if file is not None:
                text, _, _ = read_beside(file, self.folder, name)
                said[name] = canonical(parse(text))
        return said
