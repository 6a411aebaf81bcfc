"""A scenario: everything a scenario file says, checked, ready to be made into a plan."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from experiments.scenario.links import Segment
from experiments.scenario.search import Search
from protocols import from_tree, nested, recurrence, sequential, swap_asap
from qnet.engines.result import Key
from qnet.hardware.gates import Gates
from qnet.metrics.bounds import plob
from qnet.plans import Cutoff, Plan, Station

__all__ = ["STRATEGIES", "Chain", "Distillation", "Exact", "Scenario", "Tree"]

STRATEGIES = ("nested", "swap-asap", "sequential")

Tree = int | tuple["Tree", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """[chain]: the segments, and how their pairs are joined.

    Args:
        segments: Number of segments.
        lengths_km: Length of each, or None when the file gives none.
        strategy: ``nested``, ``swap-asap`` or ``sequential``; or ``tree``.
        tree: With ``tree``: numbers of the links in nested pairs.
        classical_latency: Whether the results of swaps and distillation travel at the speed of
            light in the fibre.
    """

    segments: int
    lengths_km: tuple[float, ...] | None = None
    strategy: str = "nested"
    tree: Tree = ()
    classical_latency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Distillation:
    """[distill]: which pairs are distilled, and how.

    Args:
        scheme: ``dejmps``, ``bbpssw`` or ``double-selection``.
        rounds: Number of rounds.
        level: Nesting level of the pairs; 0 is the elementary links.
        gates: Gates and readout at both ends.
    """

    scheme: str = "dejmps"
    rounds: int = 1
    level: int = 0
    gates: Gates = field(default_factory=Gates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """[exact]: how far the exact engine follows the deliveries, and how narrow its brackets are.

    Args:
        tolerance: Largest probability of a delivery that is not followed.
        t_max_s: End of the time grid in s, in place of the tolerance; None leaves it to that.
        width: Largest width of a figure: relative for time, rate and key rate, absolute for
            fidelity and error rates. What is computed outright has none.
    """

    tolerance: float = 1e-9
    t_max_s: float | None = None
    width: float = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A chain of repeaters and how to run it.

    Args:
        name: What to call it: the name of its file.
        seed: Seed of the run.
        shots: Number of delivered pairs.
        chain: The segments, and how their pairs are joined.
        segments: How each segment makes its pairs, left to right.
        station: The Bell measurement between any two segments; a perfect one unless given.
        cutoff: When to give up waiting: one rule for all levels, one per level, or None.
        distillation: Which pairs are distilled, or None.
        key: How a secret key is taken from the pairs.
        exact: How far the exact engine follows the deliveries.
        search: Among which plans to look for the best one, or None.
        notes: What a reader of the result should know.

    Examples:
        >>> from experiments.scenario import loads
        >>> text = '''
        ... kind = "chain"
        ... [chain]
        ... segments = 2
        ... [link]
        ... scheme = "abstract"
        ... success_probability = 0.1
        ... attempt_time_s = 1.0
        ... state = { werner = 0.98 }
        ... '''
        >>> scenario = loads(text)
        >>> len(list(scenario.plan().links()))
        2
    """

    name: str
    seed: int
    shots: int
    chain: Chain
    segments: tuple[Segment, ...]
    station: Station = field(default_factory=partial(Station, perfect=True))
    cutoff: Cutoff | tuple[Cutoff, ...] | None = None
    distillation: Distillation | None = None
    key: Key = field(default_factory=Key)
    exact: Exact = field(default_factory=Exact)
    search: Search | None = None
    notes: tuple[str, ...] = ()

    def plan(self) -> Plan:
        """The plan; compiles the circuits of photonic links."""
        built = {segment: segment.build() for segment in dict.fromkeys(self.segments)}
        return self.assemble([built[segment] for segment in self.segments])

    def assemble(self, links: Sequence[Plan]) -> Plan:
        """The plan of these links.

        Raises:
            ParameterError: If the tree, the cut-offs or the level of distillation do not fit the
                number of segments.
        """
        latency = self.chain.classical_latency
        better = self._improvements()
        if self.chain.strategy == "swap-asap":
            cutoff = self.cutoff if isinstance(self.cutoff, Cutoff) else None
            parts = [better[0](link) for link in links] if 0 in better else list(links)
            whole = swap_asap(
                parts, stations=self.station, cutoff=cutoff, classical_latency=latency
            )
            return better[1](whole) if 1 in better else whole
        builders: dict[str, Callable[..., Plan]] = {
            "nested": nested,
            "sequential": sequential,
            "tree": partial(from_tree, tree=self.chain.tree),
        }
        return builders[self.chain.strategy](
            links,
            stations=self.station,
            cutoffs=self.cutoff,
            classical_latency=latency,
            improve=better,
        )

    def _improvements(self) -> dict[int, Callable[[Plan], Plan]]:
        """What is done to the pairs of a nesting level, by level."""
        rule, latency = self.distillation, self.chain.classical_latency
        if rule is None:
            return {}

        def distilled(pair: Plan) -> Plan:
            return recurrence(
                pair,
                scheme=rule.scheme,
                rounds=rule.rounds,
                gates=rule.gates,
                classical_latency=latency,
            )

        return {rule.level: distilled}

    @property
    def length_km(self) -> float | None:
        """Total length, or None when the file gives none."""
        return None if self.chain.lengths_km is None else sum(self.chain.lengths_km)

    @property
    def plob_bits_per_use(self) -> float | None:
        """Capacity of the bare fibre over the total length; None without a length, may be inf."""
        if self.chain.lengths_km is None:
            return None
        spans = zip(self.segments, self.chain.lengths_km, strict=True)
        loss_db = sum(segment.fibre.loss_db_per_km * length for segment, length in spans)
        return plob(math.exp(-loss_db * math.log(10.0) / 10.0))
