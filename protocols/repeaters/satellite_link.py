"""Satellite of a link as a scenario describes it: [link.satellite] in place of a fibre."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from qnet.errors import ParameterError
from qnet.hardware import Channel, Memory
from qnet.links import SCHEMES
from qnet.plans import Link
from qnet.schema import Description, Within, check_fields, key, missing
from qnet.space import SatelliteArm, SatellitePath
from qnet.space.optics import OpticsTable, SkyBackground, optics_preset
from qnet.space.stations import ELEVATION

__all__ = ["PLACES", "SatelliteTable", "checked_receivers"]

if TYPE_CHECKING:
    from protocols.repeaters.segment import Segment

#: Where the satellite is: an end of the link, or between its ends.
PLACES = ("middle", "left", "right")

#: What the end that receives does with its photons.
RECEIVERS = ("stores", "measures")

#: What a link over a satellite is called.
_NAME = "satellite"

_ALTITUDE = Within(
    low=100.0,
    high=60_000.0,
    rule="lie in 100 to 60000 km",
    hint="a low orbit is 400 to 1200 km high, a geostationary one 35786 km",
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SatelliteTable(Description):
    """A satellite over the ends of a link, at one moment or over its passes: [link.satellite].

    In the middle it carries the source (``midpoint-source``) or the station where light from the
    ground meets (``single-click``, ``double-click``), and has an arm to each end. As the left or
    right end (``direct``) it holds a memory whose photons it sends to the other end: an attempt
    takes the way down and that of the herald back.

    Args:
        at: Where the satellite is; in the middle unless given. Over whole passes a satellite of
            ``direct`` links is the node between two stations, and ``at`` is left out.
        receiver: What the ground does with a photon of ``direct``: it ``stores`` it in a memory, or
            ``measures`` it at once, as keys allow at the ends of a chain.
        altitude_km: Height of the satellite; left out where its passes are followed.
        elevation_deg: Its elevation over the ground end; over the left one, where there are two.
            Left out where its passes are followed.
        elevation_right_deg: That over the right one; the same unless given.
        optics: Telescopes, pointing and air; left out where its passes are followed.
        background: Light of the sky; that of the optics' preset unless given.

    Raises:
        ParameterError: If a key is missing, out of range, or does not go with the others.

    Examples:
        >>> table = SatelliteTable(
        ...     at="left", altitude_km=400.0, elevation_deg=90.0,
        ...     optics=OpticsTable(preset="wallnoefer2022"),
        ... )
        >>> round(table.channel.length_km, 6), round(table.channel.transmission, 4)
        (400.0, 0.1655)
    """

    at: str | None = key(None, choices=PLACES, example="middle")
    receiver: str = key("stores", choices=RECEIVERS)
    altitude_km: float | None = key(None, check=_ALTITUDE, example=500.0)
    elevation_deg: float | None = key(None, check=ELEVATION, example=60.0)
    elevation_right_deg: float | None = key(None, check=ELEVATION, example=45.0)
    optics: OpticsTable | None = None
    background: SkyBackground | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        given = [self.altitude_km is not None, self.elevation_deg is not None]
        if any(given) and not all(given):
            raise missing("elevation_deg", 60.0) if given[0] else missing("altitude_km", 500.0)
        if any(given) and self.optics is None:
            raise missing("optics.preset", "micius")
        right = self.elevation_right_deg
        if right is not None and (self.is_moving or self.at not in (None, "middle")):
            hint = 'two arms have two elevations: take at = "middle", with elevation_deg'
            raise ParameterError("elevation_right_deg", "be left out here", right, hint)

    @property
    def is_moving(self) -> bool:
        """Whether its passes are followed: it has no place of its own."""
        return self.elevation_deg is None

    @property
    def sky(self) -> SkyBackground | None:
        """The light of the sky: given, or that of the optics' preset."""
        if self.background is not None or self.optics is None or self.optics.preset is None:
            return self.background
        return optics_preset(self.optics.preset).background

    @property
    def channel(self) -> SatelliteArm | SatellitePath:
        """The arm, or the two arms.

        Raises:
            ParameterError: If it has no place of its own.
        """
        if self.elevation_deg is None:
            raise missing("link.satellite.altitude_km", 500.0)
        left = self._arm(self.elevation_deg)
        if self.at in ("left", "right"):
            return left
        right = self.elevation_right_deg
        return SatellitePath(left, left if right is None else self._arm(right))

    def _arm(self, elevation_deg: float) -> SatelliteArm:
        if self.optics is None or self.altitude_km is None:
            raise missing("link.satellite.altitude_km", 500.0)
        optics = self.optics.link
        return SatelliteArm.at(self.altitude_km, elevation_deg, optics, background=self.sky)

    def check(self, scheme: str) -> None:
        """Raise unless links of a scheme can be made over it.

        Raises:
            ParameterError: If it is no end of a direct link, or the end of another.
        """
        is_end, direct = self.at in ("left", "right"), scheme == "direct"
        if not direct and self.receiver != "stores":
            hint = f"a {scheme} link joins two memories"
            raise ParameterError("satellite.receiver", "be 'stores' here", self.receiver, hint)
        if direct and self.is_moving and self.at is None:
            return
        if direct != is_end:
            rule = "be 'left' or 'right'" if direct else "be 'middle'"
            hint = "a direct link goes from the satellite to the ground, others over the satellite"
            raise ParameterError("satellite.at", f"{rule} in a {scheme} link", self.at, hint)

    def link(self, segment: Segment, channel: Channel, at: str | None = None) -> Link:
        """The link of a segment over this satellite, its left memory at the left end.

        Args:
            segment: Its scheme, hardware and memory.
            channel: The arm or the arms, at this elevation or another.
            at: Where the satellite is, unless as described.
        """
        options: dict[str, Any] = {"memory": segment.memory, "modes": segment.modes}
        if self.receiver == "measures":
            options["receiver"] = Memory()
        scheme: Any = SCHEMES[segment.scheme]
        found = replace(scheme(segment.hardware, channel, **options).link(), name=_NAME)
        return found.mirrored if (at or self.at) == "right" else found


def checked_receivers(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """The segments, none of whose photons is measured at once at a node that has to swap it.

    Args:
        segments: Those of a chain, left to right.

    Raises:
        ParameterError: If the ground end of such a segment is no end of the chain.
    """
    for number, segment in enumerate(segments):
        satellite = segment.satellite
        if satellite is None:
            continue
        if satellite.is_moving:
            field = f"links[{number}].satellite.altitude_km"
            raise missing(field, 500.0)
        if satellite.receiver == "stores":
            continue
        ground = number if satellite.at == "right" else number + 1
        if ground not in (0, len(segments)):
            field = f"links[{number}].satellite.receiver"
            hint = "only an end of the chain measures at once; a node that swaps has a memory"
            raise ParameterError(field, "be 'stores' at an inner node", "measures", hint)
    return segments
