"""Search request of a scenario, the table [optimize]: among which plans the best is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.planning.optimise.space import CUTOFFS, OBJECTIVES, Objective, SearchSpace
from protocols.repeaters.code_figures import check_code, named
from protocols.repeaters.strategies import STRATEGIES
from qnet import schema
from qnet.errors import ParameterError, check_positive, check_probability
from qnet.schema import Description, Whole, conflict, within

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain

__all__ = ["SearchRequest"]

_MOST_SEGMENTS, _MOST_ROUNDS = 1024, 8


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SearchRequest(Description):
    """Among which plans ``qnet optimize`` looks for the best, and for what.

    Args:
        objective: What makes one plan better than another.
        minimum_fidelity: A plan below this mean fidelity counts as zero.
        segments: Numbers of segments; the chain's own unless given.
        strategies: How links are joined; the chain's own strategy unless given.
        cutoff: Which cut-offs are searched: none, one for all levels, or one per level.
        cutoff_bounds_s: Shortest and longest cut-off.
        bright_state_population: Lowest and highest value for single-click links.
        distill_rounds: Numbers of rounds of distillation; 0 is none.
        distill_levels: Nesting levels of the pairs that are distilled; 0 is the links.
        codes: Codes of [encode] or [one_way] by their whole names; the chain's own unless given.
        spacings_km: Distances between the stations of [one_way] or [all_photonic]; the chain's own
            unless given.

    Raises:
        ParameterError: If something in it is wrong, or does not go together.
    """

    objective: str = schema.key("secret-key-rate", choices=OBJECTIVES)
    minimum_fidelity: float | None = schema.key(None, check=check_probability, example=0.9)
    segments: tuple[int, ...] | None = schema.key(
        None, check=Whole(minimum=1, maximum=_MOST_SEGMENTS), example=[4, 8, 16]
    )
    strategies: tuple[str, ...] | None = schema.key(None, choices=lambda: tuple(STRATEGIES))
    cutoff: str = schema.key("scalar", choices=CUTOFFS)
    cutoff_bounds_s: tuple[float, float] | None = schema.key(
        None, check=check_positive, example=[0.001, 1.0]
    )
    bright_state_population: tuple[float, float] | None = schema.key(
        None, check=check_probability, example=[0.01, 0.5]
    )
    distill_rounds: tuple[int, ...] = schema.key((0,), check=Whole(maximum=_MOST_ROUNDS))
    distill_levels: tuple[int, ...] = schema.key((0,), check=Whole(maximum=_MOST_SEGMENTS))
    codes: tuple[str, ...] | None = schema.key(None, quiet=True, example=["none", "steane"])
    spacings_km: tuple[float, ...] | None = schema.key(
        None, quiet=True, check=check_positive, example=[0.5, 1.0, 2.0]
    )

    def __post_init__(self) -> None:
        schema.check_fields(self)
        if self.objective == "rate" and self.minimum_fidelity is None:
            hint = "add minimum_fidelity = 0.9; without one the worst pairs are the fastest"
            raise ParameterError("minimum_fidelity", 'stand beside "rate"', None, hint)
        if self.cutoff == "none" and self.cutoff_bounds_s is not None:
            raise conflict("cutoff_bounds_s", list(self.cutoff_bounds_s), 'cutoff = "none"')
        for name in ("cutoff_bounds_s", "bright_state_population"):
            ends = getattr(self, name)
            if ends is not None and len(ends) != 2:
                hint = "give the lowest and the highest value"
                raise ParameterError(name, "be two numbers", list(ends), hint)

    @property
    def goal(self) -> Objective:
        """What makes one plan better than another."""
        return Objective(name=self.objective, minimum_fidelity=self.minimum_fidelity or 0.0)

    def check(self, chain: Chain) -> None:
        """Raise when the request does not fit a chain.

        Args:
            chain: The chain that it stands beside.

        Raises:
            ParameterError: If the chain cannot be cut so, or has no links of that kind.
        """
        counts = self.segments or (chain.segments,)
        if counts != (chain.segments,) and len(set(chain.parts)) > 1:
            hint = f"write segments = [{chain.segments}], or give one [link] for equal segments"
            rule = "be the chain's own where its links differ"
            raise ParameterError("optimize.segments", rule, list(counts), hint)
        bright = self.bright_state_population
        if bright is not None and any(part.scheme != "single-click" for part in chain.parts):
            field, hint = (
                "optimize.bright_state_population",
                "remove it; it is a setting of single-click links",
            )
            raise ParameterError(field, "belong to single-click links", list(bright), hint)
        if bright is not None and chain.encode is not None:
            hint = "remove it, or [encode]"
            field = "optimize.bright_state_population"
            raise ParameterError(field, "be left out beside [encode]", list(bright), hint)
        self._check_codes(chain)
        self.space(chain)

    def _check_codes(self, chain: Chain) -> None:
        """Raise unless the chain has codes and spacings that can be chosen."""
        coded = chain.encode or chain.one_way
        if self.codes is not None and coded is None:
            hint = "add [encode] or [one_way], or remove it"
            rule = "stand beside a table that has a code"
            raise ParameterError("optimize.codes", rule, list(self.codes), hint)
        spaced = chain.one_way or chain.all_photonic
        if self.spacings_km is not None and spaced is None:
            hint = "take segments = [8, 16, 32] for stations with memories"
            rule = "stand beside [one_way] or [all_photonic]"
            raise ParameterError("optimize.spacings_km", rule, list(self.spacings_km), hint)
        for place, name in enumerate(self.codes or ()):
            with named(f"optimize.codes[{place}]"):
                check_code(name, memories=chain.encode is not None)

    def space(self, chain: Chain) -> SearchSpace:
        """Where to search: what is left out is as in the chain.

        Args:
            chain: The chain that it stands beside.
        """
        own = chain.strategy if chain.strategy in STRATEGIES else "nested"
        rule = chain.cutoffs
        rules = rule if isinstance(rule, tuple) else (rule,)
        kinds = [each.kind for each in rules if each is not None]
        with within("optimize"):
            return SearchSpace(
                segments=self.segments or (chain.segments,),
                strategies=self.strategies or (own,),
                cutoff=self.cutoff,
                cutoff_bounds_s=self.cutoff_bounds_s,
                cutoff_kind=kinds[0] if kinds else "difference",
                bright_state_population=self.bright_state_population,
                distill_rounds=self.distill_rounds,
                distill_levels=self.distill_levels,
                codes=self.codes or (None,),
                spacings_km=self.spacings_km or (None,),
            )
