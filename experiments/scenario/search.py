"""The table [optimize]: among which plans ``qnet optimize`` looks for the best, and for what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.scenario.reader import Reader, conflict, within
from protocols.planning.optimise.space import (
    CUTOFFS,
    OBJECTIVES,
    STRATEGIES,
    Objective,
    SearchSpace,
)
from qnet.errors import (
    ParameterError,
    check_integer,
    check_one_of,
    check_positive,
    check_probability,
)

if TYPE_CHECKING:
    from experiments.scenario.links import Segment
    from experiments.scenario.scenario import Chain

__all__ = ["SEARCH_KEYS", "Search", "read_search"]

SEARCH_KEYS = (
    "objective",
    "minimum_fidelity",
    "segments",
    "strategies",
    "cutoff",
    "cutoff_bounds_s",
    "bright_state_population",
    "distill_rounds",
    "distill_levels",
)

_MOST_SEGMENTS, _MOST_ROUNDS = 1024, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """[optimize].

    Args:
        objective: What makes one plan better than another.
        space: Where to search.
    """

    objective: Objective
    space: SearchSpace


def read_search(root: Reader, chain: Chain, segments: tuple[Segment, ...]) -> Search | None:
    """[optimize], or None when the table is missing.

    Raises:
        ParameterError: If something in it is wrong or does not fit the links.
    """
    if "optimize" not in root:
        return None
    table = root.table("optimize", SEARCH_KEYS)
    name = table.choice("objective", OBJECTIVES, "secret-key-rate")
    if name == "rate" and "minimum_fidelity" not in table:
        hint = "add minimum_fidelity = 0.9; without one the worst pairs are the fastest"
        raise ParameterError(table.field("minimum_fidelity"), 'stand beside "rate"', None, hint)
    objective = Objective(
        name=name, minimum_fidelity=table.number("minimum_fidelity", check_probability, 0.0)
    )
    own = chain.strategy if chain.strategy in STRATEGIES else "nested"
    counts = _wholes(table, "segments", 1, _MOST_SEGMENTS, (chain.segments,))
    _check_counts(table, counts, chain, segments)
    cutoff = table.choice("cutoff", CUTOFFS, "scalar")
    if cutoff == "none" and "cutoff_bounds_s" in table:
        field = table.field("cutoff_bounds_s")
        raise conflict(field, table.get("cutoff_bounds_s"), 'cutoff = "none"')
    if "bright_state_population" in table and any(s.scheme != "single-click" for s in segments):
        field, value = table.field("bright_state_population"), table.get("bright_state_population")
        hint = "remove it; it is a setting of single-click links"
        raise ParameterError(field, "belong to single-click links", value, hint)
    rule = root.mapping("cutoff").get("kind", "difference")
    with within("optimize"):
        space = SearchSpace(
            segments=counts,
            strategies=_names(table, "strategies", (own,)),
            cutoff=cutoff,
            cutoff_bounds_s=_bounds(table, "cutoff_bounds_s", check_positive),
            cutoff_kind=rule,
            bright_state_population=_bounds(table, "bright_state_population", check_probability),
            distill_rounds=_wholes(table, "distill_rounds", 0, _MOST_ROUNDS, (0,)),
            distill_levels=_wholes(table, "distill_levels", 0, _MOST_SEGMENTS, (0,)),
        )
    return Search(objective=objective, space=space)


def _check_counts(
    table: Reader, counts: tuple[int, ...], chain: Chain, segments: tuple[Segment, ...]
) -> None:
    """Only equal segments can be cut anew."""
    if counts == (chain.segments,) or len(set(segments)) == 1:
        return
    hint = f"write segments = [{chain.segments}], or give one [link] for equal segments"
    raise ParameterError(
        table.field("segments"), "be the chain's own where its links differ", list(counts), hint
    )


def _list(table: Reader, key: str, default: tuple[Any, ...]) -> list[Any]:
    value = table.get(key, list(default))
    field = table.field(key)
    if not isinstance(value, list):
        raise ParameterError(field, "be a list", value, f"write {key} = [...]")
    if not value:
        raise ParameterError(field, "not be empty", value, "give at least one entry")
    return value


def _wholes(
    table: Reader, key: str, minimum: int, maximum: int, default: tuple[int, ...]
) -> tuple[int, ...]:
    field, found = table.field(key), []
    for k, each in enumerate(_list(table, key, default)):
        value = check_integer(f"{field}[{k}]", each, minimum)
        if value > maximum:
            rule = f"be at most {maximum}"
            place = f"{field}[{k}]"
            raise ParameterError(place, rule, value, "give a smaller whole number")
        found.append(value)
    return tuple(found)


def _names(table: Reader, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    field = table.field(key)
    return tuple(
        check_one_of(f"{field}[{k}]", each, STRATEGIES)
        for k, each in enumerate(_list(table, key, default))
    )


def _bounds(
    table: Reader, key: str, check: Callable[[str, object], float]
) -> tuple[float, float] | None:
    if key not in table:
        return None
    ends = table.numbers(key, check)
    if len(ends) != 2:
        hint = "give the lowest and the highest value"
        raise ParameterError(table.field(key), "be two numbers", list(ends), hint)
    return ends[0], ends[1]
