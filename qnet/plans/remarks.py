"""Remarks on a plan's pairs: what a reader of the figures would not see in them."""

from __future__ import annotations

from qnet.plans.base import Plan

__all__ = ["NOTABLE_SHARE", "remarks"]

#: Share of heralds by dark counts above which it is said.
NOTABLE_SHARE = 0.01


def remarks(plan: Plan) -> tuple[str, ...]:
    """What must be said of the pairs that a plan starts from.

    Args:
        plan: The plan.

    Returns:
        One sentence if more than 1 % of the heralds of a link come by dark counts.

    Examples:
        >>> from qnet.hardware import preset
        >>> from qnet.links import scheme_of
        >>> remarks(scheme_of(preset("blueprint"), 50.0).link())
        ()
    """
    shares = sorted({link.dark_herald_share for link in plan.links()})
    if not shares or shares[-1] <= NOTABLE_SHARE:
        return ()
    low, high = (f"{100.0 * share:.3g}" for share in (shares[0], shares[-1]))
    range_text = f"{high} %" if low == high else f"{low} to {high} %"
    return (
        f"{range_text} of the heralds of a link come by dark counts or noise of the converters, "
        "not by the photons of the pair: they herald a pair that is not there",
    )
