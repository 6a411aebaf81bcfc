"""GeoJSON: points are sites, and lines are fibres between the sites at their ends.

The format is RFC 7946 (H. Butler et al., 2016, doi:10.17487/RFC7946): a FeatureCollection of
Features whose geometry is a ``Point`` or a ``LineString`` in longitude and latitude. A point's
property ``name`` names its site, ``population`` counts its people. A line joins the sites that its
properties ``from`` and ``to`` name, or those at its first and its last position; ``length_km`` is
its length.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from qnet.errors import ParameterError
from qnet.network.topologies.formats.base import RawTopology, refuse, site_named, with_population
from qnet.network.topologies.topology import Site, great_circle_km

__all__ = ["looks_like_geojson", "read_geojson"]

#: How near to a site a line must end, in km, to lead to it.
_NEAR_KM = 1.0

_Feature = tuple[str, Mapping[str, Any], Mapping[str, Any]]


def looks_like_geojson(text: str) -> bool:
    """Whether a text begins as a JSON object that is a collection of features."""
    is_object = text.lstrip().startswith("{")
    return is_object and bool(re.search(r'"type"\s*:\s*"Feature(Collection)?"', text))


def read_geojson(text: str, coordinates: str = "auto") -> RawTopology:
    """Points and lines of a GeoJSON file.

    Args:
        text: Content of the file.
        coordinates: Not used: positions are in decimal degrees.

    Raises:
        ParameterError: If it is no such file, a position is not on the Earth, a point has the name
            of another, or a line ends where there is no site.

    Examples:
        >>> point = {"type": "Point", "coordinates": [9.8, 52.39]}
        >>> feature = {"type": "Feature", "properties": {"name": "Hannover"}, "geometry": point}
        >>> found = read_geojson(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        >>> found.sites["Hannover"].latitude_deg
        52.39
    """
    del coordinates
    raw = RawTopology()
    features = list(_features(text))
    for where, properties, geometry in features:
        if geometry["type"] == "Point":
            _add_site(raw, where, properties, geometry)
    if not raw.sites:
        raise refuse("features", "have a Point or more", 0, "add the sites as points")
    for where, properties, geometry in features:
        if geometry["type"] == "LineString":
            _add_span(raw, where, properties, geometry)
    others = sum(geometry["type"] not in ("Point", "LineString") for *_, geometry in features)
    if others:
        raw.assumptions.append(f"{others} features that are no points or lines were left out")
    return raw


def _features(text: str) -> Iterator[_Feature]:
    """Where each feature with a geometry stands, its properties and its geometry."""
    try:
        root = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refuse("JSON", "be valid", str(error)[:60], "mend the file") from None
    listed = [root] if root.get("type") == "Feature" else root.get("features")
    if not isinstance(listed, list):
        hint = 'write "features": [...]'
        raise refuse("features", "be a list", listed, hint)
    for k, feature in enumerate(listed):
        where = f"features[{k}]"
        if not isinstance(feature, dict):
            raise refuse(where, "be a Feature", feature, 'write {"type": "Feature", ...}')
        properties, geometry = feature.get("properties") or {}, feature.get("geometry")
        if geometry is None:
            continue
        if not isinstance(geometry, dict) or not isinstance(geometry.get("type"), str):
            part = f"{where}.geometry"
            raise refuse(part, "have a type", geometry, "write a Point")
        if not isinstance(properties, dict):
            part = f"{where}.properties"
            raise refuse(part, "be an object", properties, 'write {"name": "A"}')
        yield where, properties, geometry


def _add_site(
    raw: RawTopology, where: str, properties: Mapping[str, Any], geometry: Mapping[str, Any]
) -> None:
    name = next((str(value) for key, value in properties.items() if key.lower() == "name"), None)
    if not (name or "").strip():
        raise refuse(where, "have a name", "nothing", 'write "properties": {"name": "A"}')
    key = " ".join(str(name).split())
    if key in raw.sites:
        raise refuse(where, "have a name of its own", key, "rename one of them")
    east, north = _position(geometry.get("coordinates"), f"{where}.geometry.coordinates")
    site_named(key, where)
    site = Site(name=key, longitude_deg=east, latitude_deg=north)
    people = properties.get("population")
    text = None if people is None else str(people)
    raw.sites[key] = with_population(site, text, f"{where}.properties.population")


def _add_span(
    raw: RawTopology, where: str, properties: Mapping[str, Any], geometry: Mapping[str, Any]
) -> None:
    line = geometry.get("coordinates")
    if not isinstance(line, list) or len(line) < 2:
        raise refuse(where, "be a line of two positions or more", line, "give both ends")
    ends = []
    for key, place, at in (("from", line[0], "the first"), ("to", line[-1], "the last")):
        named = properties.get(key)
        position = _position(place, f"{where}.geometry.coordinates")
        ends.append(str(named) if named is not None else _site_at(raw, position, where, at))
    length = properties.get("length_km")
    if length is not None:
        is_number = isinstance(length, int | float) and not isinstance(length, bool)
        if not is_number or not math.isfinite(length) or length < 0.0:
            hint = "give a length in km, zero or more"
            part = f"{where}.properties.length_km"
            raise refuse(part, "be a length", length, hint)
        length = float(length)
    raw.add_span(ends[0], ends[1], length, where)


def _position(value: object, where: str) -> tuple[float, float]:
    hint = "write [longitude, latitude] in degrees"
    if not isinstance(value, list) or len(value) not in (2, 3):
        raise refuse(where, "be longitude and latitude", value, hint)
    for number in value[:2]:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise refuse(where, "be numbers", number, hint)
    east, north = float(value[0]), float(value[1])
    if not (abs(east) <= 180.0 and abs(north) <= 90.0):
        raise refuse(where, "lie on the Earth", (east, north), hint)
    return east, north


def _site_at(raw: RawTopology, position: tuple[float, float], where: str, at: str) -> str:
    """The site that a line ends at."""
    east, north = position
    away = {
        key: great_circle_km(north, east, site.latitude_deg, site.longitude_deg)
        for key, site in raw.sites.items()
        if site.latitude_deg is not None and site.longitude_deg is not None
    }
    nearest = min(away, key=away.__getitem__)
    if away[nearest] > _NEAR_KM:
        hint = f"the nearest, {nearest!r}, is {away[nearest]:.3g} km away: add a point there"
        error: ParameterError = refuse(where, f"have a site at {at} position", [east, north], hint)
        raise error
    return nearest
