"""Answers on the orbit of a satellite, its distance, and the light of the sky."""

from __future__ import annotations

from dataclasses import replace

from experiments.notebooks.kinds import Exercise, NumberExercise
from protocols.satellite.scenario import SatelliteScenario
from qnet.space import CircularOrbit, LookAngles

__all__ = ["EXERCISES"]


def _sky_photons(mission: SatelliteScenario) -> float:
    assert mission.background is not None, "the mission has a sky"
    sky = replace(mission.background, radiance="day", field_of_view_urad=20.0, filter_nm=0.1)
    area_m2 = mission.light.receiver_area_m2
    return float(sky.photons_per_s(wavelength_nm=850, area_m2=area_m2)) * 1e-9


def _gain_db(mission: SatelliteScenario, track: LookAngles) -> float:
    low, far = track.elevation_deg[0], track.range_km[0]
    links = [mission.with_({"optics.receiver_radius_m": radius}).light for radius in (0.4, 0.8)]
    before, after = (float(link.budget(low, far).total_db) for link in links)
    return before - after


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        lambda: CircularOrbit(altitude_km=600.0, inclination_deg=97.8).period_s,
        "Kepler, with the Earth's radius added to the height",
    ),
    2: NumberExercise(
        lambda track: float(track.range_km[0]),
        "law of cosines, with an angle of 90 + 20 degrees",
        slips=((500 / 0.342, "the Earth is round: it comes up towards the satellite"),),
    ),
    3: NumberExercise(_sky_photons, "a round field of full angle t has the solid angle pi (t/2)^2"),
    4: NumberExercise(
        _gain_db,
        "the beam is wide: count the area",
        tolerance=0.02,
        slips=((3.01, "the radius is doubled, so the area is four times as large"),),
    ),
}
