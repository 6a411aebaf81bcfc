"""Lines of twin-field hops: a detector station in the middle of each, which needs no trust."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from protocols.key_networks.edge_rates import arm_rate
from protocols.planning.technologies.hops import design_of_hops, hop_designs
from protocols.planning.technologies.line import LineDesign, LineDesigns, SpanKind, WantedLine
from protocols.planning.technologies.rates import KeyRateOfHop, law_rate
from qnet.estimate import Estimate

if TYPE_CHECKING:
    from protocols.planning.technologies.tables import TechnologyTable

__all__ = ["TWIN_FIELD", "twin_field_designs", "twin_field_rate"]


def twin_field_designs(technology: TechnologyTable, line: WantedLine) -> LineDesigns:
    """Designs of a line of twin-field hops, by their number.

    Each hop has a station in the middle; where hops meet there is a trusted node.

    Args:
        technology: The technology; its rate is that of a hop.
        line: The line.

    Raises:
        ParameterError: If the key rate of a length cannot be worked out.
    """
    if line.length_km is None:
        return LineDesigns(reason="it has no length, and twin-field hops need one")
    rate = partial(twin_field_rate, technology, line)
    return hop_designs(technology, line, rate, stations_per_hop=1)


def direct_twin_field(technology: TechnologyTable, line: WantedLine) -> LineDesign | None:
    """The design of one twin-field hop, however long; None where it gives no key.

    Args:
        technology: The technology.
        line: The line; it has a length.

    Raises:
        ParameterError: If the key rate of the length cannot be worked out.
    """
    rate = partial(twin_field_rate, technology, line)
    return design_of_hops(technology, line, rate, 1, stations_per_hop=1)


def twin_field_rate(
    technology: TechnologyTable, line: WantedLine, length_km: float
) -> KeyRateOfHop:
    """The rate of a hop: that of half its length of fibre on either side.

    A law falls as ``R0 10^(-loss km/20)``. The ``arm_transmission`` of a file is taken as that of
    an arm without fibre, detector included, and half the hop is added to it.

    Args:
        technology: The technology.
        line: The line that the hop is a part of.
        length_km: Length of the hop.

    Raises:
        ParameterError: If the file is no twin-field key rate, or gives no rate per second.
    """
    if technology.keyrate is None:
        return law_rate(technology, length_km, decades_per_decibel=0.05)
    loss_db = technology.loss * length_km / 2.0
    place = f"{line.place}.keyrate"
    rate, claim = arm_rate(technology.keyrate, line.ends, loss_db, line.folder, place)
    note = f"key rate of {technology.keyrate} with {loss_db:g} dB of fibre on either side"
    return KeyRateOfHop(rate_hz=Estimate.exact(rate), security=claim, notes=(note,))


TWIN_FIELD = SpanKind(
    sources=("keyrate", "rate_hz_at_0_km"),
    keys=(
        "maximum_hop_km",
        "minimum_hop_km",
        "maximum_pairs",
        "loss_db_per_km",
        "station_cost",
        "fibre_cost_per_km",
    ),
    designs=twin_field_designs,
    direct=direct_twin_field,
    references=("Curty2019",),
)
