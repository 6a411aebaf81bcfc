"""Refusals and missing keys in words for people: rounded numbers, units, and what to do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qnet.engines.forecast import forecast
from qnet.plans import Plan, SwapAsap

if TYPE_CHECKING:
    from qnet.engines.result import ChainResult

__all__ = ["infeasible", "keyless", "not_exact", "span", "too_dear"]

_YEAR_S = 365.25 * 86400.0

#: Units of long times, each from its own length on.
_UNITS = (("years", _YEAR_S), ("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0))


def span(time_s: float) -> str:
    """A time in s, in words that one remembers.

    Examples:
        >>> [span(time_s) for time_s in (0.0123, 90.0, 7.3e10, 1e20)]
        ['12 ms', '90 seconds', '2300 years', 'more than a million years']
    """
    if time_s >= 1e6 * _YEAR_S:
        return "more than a million years"
    for unit, length in _UNITS:
        if time_s >= 2.0 * length:
            return f"{_two(time_s / length)} {unit}"
    return f"{_two(time_s)} seconds" if time_s >= 1.0 else _short(time_s)


def infeasible(plan: Plan, field: str) -> str:
    """Why hardly a pair comes, and what would help.

    Args:
        plan: The plan.
        field: Field that an `InfeasiblePlanError` blames.

    Examples:
        >>> from experiments.explore import Controls
        >>> plan = Controls(hardware="trapped-ion", segments=1).chain.plan()
        >>> infeasible(plan, "success_probability").partition(". ")[0]
        'Hardly a pair comes: one would take 2300 years on average'
    """
    mean = forecast(plan).delivery_s
    if field == "cutoff.time_s":
        return (
            "The cut-off is too short: pairs are given up before their partners can be there. "
            "Lengthen it, or switch it off."
        )
    what = "No pair ever comes"
    if math.isfinite(mean):
        what = f"Hardly a pair comes: one would take {span(mean)} on average"
    return f"{what}. Shorten the distance, take more segments, or improve the hardware."


def too_dear(plan: Plan) -> str:
    """Why neither engine plays a point while a class waits."""
    draws = forecast(plan).draws
    many = f"some {_count(draws)}" if draws < 1e12 else "countless"
    return (
        f"Too dear to play while you wait: a pair is given up and begun again so often that one "
        f"costs {many} random draws. Relax the cut-off, shorten the distance, or take another way "
        "of swapping."
    )


def not_exact(plan: Plan) -> str:
    """Why a point is sampled."""
    if isinstance(plan, SwapAsap):
        return "the exact engine does not play swap-asap with these options"
    return "exactly it would take longer than one waits at a slider"


def keyless(result: ChainResult) -> str:
    """Why there is no key, from the error rates."""
    x, z = 100.0 * result.qber_x.best, 100.0 * result.qber_z.best
    return (
        f"No key: the two ends disagree on {x:.3g} % of the bits in X and on {z:.3g} % in Z. "
        "BB84 gives one below about 10 % in each; less in one allows a little more in the other."
    )


def _two(number: float) -> str:
    """Two digits."""
    return f"{float(f'{number:.2g}'):.15g}"


def _short(time_s: float) -> str:
    for unit, length in (("ms", 1e-3), ("\u00b5s", 1e-6)):
        if time_s >= length:
            return f"{_two(time_s / length)} {unit}"
    return f"{_two(time_s * 1e9)} ns"


def _count(number: float) -> str:
    """A large count in words."""
    for word, size in (("billion", 1e9), ("million", 1e6), ("thousand", 1e3)):
        if number >= size:
            return f"{_two(number / size)} {word}"
    return _two(number)
