"""Swap as soon as possible: every station measures when both of its pairs are there.

L. Kamin, E. Shchukin, F. Schmidt, P. van Loock, Phys. Rev. Research 5, 023086 (2023),
arXiv:2203.10318.
"""

from __future__ import annotations

from collections.abc import Sequence

from protocols.repeaters.strategy import Improve, Stations, Strategy
from qnet.errors import ParameterError
from qnet.plans import Cutoff, Plan, Station, SwapAsap

__all__ = ["SWAP_ASAP", "swap_asap"]


def swap_asap(
    links: Sequence[Plan],
    *,
    stations: Stations | None = None,
    cutoff: Cutoff | None = None,
    classical_latency: bool = False,
) -> Plan:
    """Join the links, each swap as soon as both of its pairs are there.

    Args:
        links: The segments, left to right; a single one needs no swap and is returned as it is.
        stations: The Bell measurements between them, left to right, or one for all; perfect
            ones unless given.
        cutoff: When to give up a pair; see ``qnet.SwapAsap``.
        classical_latency: Whether results travel at the fibre's speed.

    Raises:
        ParameterError: If there is no link, or the stations do not match in number.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> len(swap_asap([link] * 3).stations)
        2
    """
    if not links:
        raise ParameterError("links", "be one or more", 0, "give the segments, left to right")
    if len(links) == 1:
        return links[0]
    if stations is None or isinstance(stations, Station):
        stations = [stations or Station(perfect=True)] * (len(links) - 1)
    return SwapAsap(
        segments=tuple(links),
        stations=tuple(stations),
        cutoff=cutoff,
        classical_latency=classical_latency,
    )


def _join(
    links: Sequence[Plan],
    *,
    stations: Stations | None,
    cutoffs: Cutoff | None,
    classical_latency: bool,
    improve: Improve,
) -> Plan:
    """The plan with distillation on the links (level 0) or from end to end (level 1)."""
    parts = [improve[0](link) for link in links] if 0 in improve else links
    whole = swap_asap(parts, stations=stations, cutoff=cutoffs, classical_latency=classical_latency)
    return improve[1](whole) if 1 in improve else whole


SWAP_ASAP = Strategy(
    name="swap-asap",
    join=_join,
    depth=lambda _: 1,
    has_levels=False,
    references=("Kamin2023",),
)
