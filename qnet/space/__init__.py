"""Satellites seen from the ground: orbits, stations, passes, the sky, and the optical link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.space.arms import (
        SatelliteArm as SatelliteArm,
        SatellitePath as SatellitePath,
        slant_range_km as slant_range_km,
    )
    from qnet.space.axial import axial_pass as axial_pass
    from qnet.space.constellations import (
        fraction_of_time as fraction_of_time,
        half_angle_deg as half_angle_deg,
        time_covered_s as time_covered_s,
        walker as walker,
    )
    from qnet.space.intervals import (
        Intervals as Intervals,
        covered as covered,
        intersection as intersection,
        positive_intervals as positive_intervals,
    )
    from qnet.space.orbits import (
        CircularOrbit as CircularOrbit,
        Orbit as Orbit,
        sun_synchronous_deg as sun_synchronous_deg,
    )
    from qnet.space.passes import Pass as Pass, find_passes as find_passes
    from qnet.space.sky import (
        eclipse_fraction as eclipse_fraction,
        moon_illumination as moon_illumination,
        moon_positions_km as moon_positions_km,
        moon_seen as moon_seen,
        nights as nights,
        shadows as shadows,
        sun_directions as sun_directions,
        sun_elevation_deg as sun_elevation_deg,
    )
    from qnet.space.stations import (
        GroundStation as GroundStation,
        LookAngles as LookAngles,
        look as look,
        look_angles as look_angles,
    )
    from qnet.space.tle import TleOrbit as TleOrbit
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
