"""Graph of the sites of a plan: places, spans with their lengths, and great-circle distances."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from protocols.planning.design.case import PlanSite
from qnet.errors import ParameterError
from qnet.network.topologies.topology import EARTH_RADIUS_KM

__all__ = ["SiteGraph", "SiteSpan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpan:
    """Two sites that can be joined.

    Args:
        ends: Numbers of the sites.
        siting_km: Length that siting counts: its own if it has one, the great circle otherwise;
            None where neither is known.
        length_km: Length of the fibre; None where it is not known or there is none.
        key_rate_hz: Secret bits per second of a pair of devices over it, where that is given.
        medium: ``fibre`` or ``space``.
    """

    ends: tuple[int, int]
    siting_km: float | None = None
    length_km: float | None = None
    key_rate_hz: float | None = None
    medium: str = "fibre"


@dataclass(frozen=True, kw_only=True)
class SiteGraph:
    """Sites, and the spans between them.

    Args:
        sites: The sites.
        spans: The spans, none twice.
        route_factor: Length of a fibre over the great circle, where it has no length of its own.
        traffic: Demands that the file of the sites has: two names, and the volume.
        notes: What was assumed in reading it, one sentence each.

    Examples:
        >>> sites = (PlanSite(name="A", latitude=0.0, longitude=0.0),)
        >>> sites += (PlanSite(name="B", latitude=0.0, longitude=90.0),)
        >>> round(float(SiteGraph(sites=sites).distances_km[0, 1]), 1)
        10007.5
    """

    sites: tuple[PlanSite, ...]
    spans: tuple[SiteSpan, ...] = ()
    route_factor: float = 1.0
    traffic: tuple[tuple[str, str, float], ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def number(self) -> dict[str, int]:
        """Number of each site by its name."""
        return {site.name: k for k, site in enumerate(self.sites)}

    @cached_property
    def distances_km(self) -> npt.NDArray[np.float64]:
        """Great-circle distances of all sites, (n, n); not a number where a place is missing."""
        return great_circles_km(self.sites)

    def check_places(self, why: str) -> None:
        """Raise unless every site has a place.

        Args:
            why: What needs places, for the error.

        Raises:
            ParameterError: Naming the first site without one.
        """
        bare = next((site.name for site in self.sites if site.latitude is None), None)
        if bare is not None:
            hint = f"give it a latitude and a longitude: {why} needs places"
            raise ParameterError("sites.latitude", "be given for each site", bare, hint)


def great_circles_km(sites: Iterable[PlanSite]) -> npt.NDArray[np.float64]:
    """Great-circle distances between all of some sites in km, (n, n), by the haversine formula."""
    places = [
        (math.nan if site.latitude is None else site.latitude)
        + 1j * (math.nan if site.longitude is None else site.longitude)
        for site in sites
    ]
    degrees = np.array(places, dtype=complex)
    north, east = np.radians(degrees.real), np.radians(degrees.imag)
    haversine = np.sin((north[:, None] - north[None, :]) / 2) ** 2
    turn = np.sin((east[:, None] - east[None, :]) / 2) ** 2
    haversine = haversine + np.cos(north)[:, None] * np.cos(north)[None, :] * turn
    found: npt.NDArray[np.float64] = (
        2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(haversine, 1.0)))
    )
    return found
