"""Lines of trusted nodes: hops of equal length, each with pairs of devices, joined by relays.

After R. Alleaume et al., New J. Phys. 11, 075002 (2009), arXiv:0903.0839: what a node and a pair of
devices cost says how many hops are best; here with whole hops and whole pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.planning.technologies.hops import design_of_hops, given_design, hop_designs
from protocols.planning.technologies.line import LineDesign, LineDesigns, SpanKind, WantedLine
from protocols.planning.technologies.rates import hop_rates

if TYPE_CHECKING:
    from protocols.planning.technologies.tables import TechnologyTable

__all__ = ["TRUSTED_NODES", "trusted_node_designs"]


def trusted_node_designs(technology: TechnologyTable, line: WantedLine) -> LineDesigns:
    """Designs of a line of trusted nodes, by its number of hops.

    Args:
        technology: The technology; its rate is that of a hop.
        line: The line. Where its key rate is given, it is one hop whatever its length.

    Raises:
        ParameterError: If there is no rate, or none can be worked out.
    """
    if line.key_rate_hz is not None:
        return given_design(technology, line)
    if line.length_km is None:
        return LineDesigns(
            reason="it has no length: give one, a key_rate_hz, or places of both ends"
        )
    return hop_designs(technology, line, hop_rates(technology, line))


def direct_fibre(technology: TechnologyTable, line: WantedLine) -> LineDesign | None:
    """The design of one hop, however long; None where it gives no key.

    Args:
        technology: The technology.
        line: The line; it has a length.

    Raises:
        ParameterError: If there is no rate, or none can be worked out.
    """
    return design_of_hops(technology, line, hop_rates(technology, line), 1)


TRUSTED_NODES = SpanKind(
    sources=("keyrate", "rate_hz_at_0_km"),
    keys=(
        "maximum_hop_km",
        "minimum_hop_km",
        "maximum_pairs",
        "loss_db_per_km",
        "coexistence",
        "fibre_cost_per_km",
    ),
    designs=trusted_node_designs,
    direct=direct_fibre,
    references=("Alleaume2009",),
)
