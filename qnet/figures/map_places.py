"""Places of sites on a map: on the Earth, on a plane, on a drawing, or laid out by their fibres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import rustworkx

from qnet.errors import ParameterError
from qnet.network.topologies.topology import Site, Topology

__all__ = ["MapPlaces", "map_places"]

Array = npt.NDArray[np.float64]

#: Most sites of a map: of more nobody could read the names.
_MOST = 1_000

#: Sweeps of the layout: so many for few sites, and so many moves in all for many.
_SWEEPS, _MOVES = 200, 30_000


class MapPlaces(dict[str, tuple[float, float]]):
    """Horizontal and vertical coordinate of every site, by its name.

    ``unit`` says what they are: ``degrees``, ``km``, or ``""`` where the map has no scale.
    ``laid_out`` are the names of the sites that were put where there is room.
    """

    unit: str = ""
    laid_out: tuple[str, ...] = ()


def map_places(topology: Topology) -> MapPlaces:
    """Where every site of a topology lies on a map.

    Sites with a latitude and a longitude lie in degrees, those on a plane in km. Where no site has
    a place, the points of a drawing count. Sites that have none of these are put so that distances
    on the map are those along fibres, as well as can be (stress majorisation: E. R. Gansner, Y.
    Koren, S. North, Graph Drawing 2004, LNCS 3383, 239, doi:10.1007/978-3-540-31843-9_25).

    Args:
        topology: At most 1,000 sites.

    Raises:
        ParameterError: If places are on the Earth and on a plane, or there are too many sites.

    Examples:
        >>> from qnet.network import edge_list_topology
        >>> found = map_places(edge_list_topology([["A", "S"], ["S", "B"]]))
        >>> found.unit, found.laid_out
        ('', ('A', 'S', 'B'))
    """
    sites = topology.sites
    if len(sites) > _MOST:
        rule, hint = f"have at most {_MOST:,} nodes", "draw a part of it"
        raise ParameterError("map", rule, len(sites), hint)
    on_earth = [site.is_on_earth for site in sites if site.has_place]
    if len(set(on_earth)) > 1:
        hint = "give latitude and longitude for all nodes, or x_km and y_km"
        raise ParameterError("nodes", "have places of one kind", "both kinds", hint)
    known = _known(sites)
    places = MapPlaces()
    places.unit = ("degrees" if on_earth[0] else "km") if on_earth else ""
    places.laid_out = tuple(site.name for site in sites if site.name not in known)
    # A degree of longitude is as long as one of latitude times the cosine of the latitude.
    middle = float(np.mean([y for _, y in known.values()])) if places.unit == "degrees" else 0.0
    shrink = max(math.cos(math.radians(middle)), 0.05)
    found = {name: (shrink * x, y) for name, (x, y) in known.items()}
    found = _laid_out(topology, found) if places.laid_out else found
    free = {name: (found[name][0] / shrink, found[name][1]) for name in places.laid_out}
    places.update({site.name: {**free, **known}[site.name] for site in sites})
    return places


def _known(sites: Sequence[Site]) -> dict[str, tuple[float, float]]:
    """Places on the Earth, or else on a plane, or else on a drawing."""
    earth = [(s.name, s.longitude_deg, s.latitude_deg) for s in sites]
    if any(latitude is not None for *_, latitude in earth):
        return _cut_open([(n, x, y) for n, x, y in earth if x is not None and y is not None])
    plane = {s.name: (s.x_km, s.y_km) for s in sites}
    found = {n: (x, y) for n, (x, y) in plane.items() if x is not None and y is not None}
    return found or {site.name: site.drawn_at for site in sites if site.drawn_at is not None}


def _cut_open(sites: Sequence[tuple[str, float, float]]) -> dict[str, tuple[float, float]]:
    """The map is cut where the widest gap between longitudes is, not always at 180 degrees."""
    longitudes = sorted(longitude % 360.0 for _, longitude, _ in sites)
    gaps = [b - a for a, b in pairwise([longitudes[-1] - 360.0, *longitudes])]
    widest = int(np.argmax(gaps))
    west = longitudes[widest] - gaps[widest] / 2
    west = west - 360.0 if west >= 180.0 else west
    return {name: (west + (x - west) % 360.0, y) for name, x, y in sites}


def _laid_out(
    topology: Topology, known: dict[str, tuple[float, float]]
) -> dict[str, tuple[float, float]]:
    """All places, of which the known ones stay."""
    names = topology.names
    wanted = _distances(topology)
    fixed = np.array([name in known for name in names])
    places = _spread(wanted)
    if known:
        given = np.array([known[name] for name in names if name in known])
        middle, reach = given.mean(axis=0), _unit(topology, known)
        places = (places - places[fixed].mean(axis=0)) * reach + middle
        places[fixed] = given
        wanted = wanted * reach
    _relax(places, wanted, fixed)
    return {name: (float(x), float(y)) for name, (x, y) in zip(names, places, strict=True)}


def _distances(topology: Topology) -> Array:
    """Fibres between each two sites, (n, n); beyond the farthest where none joins them."""
    hops = np.array(rustworkx.distance_matrix(topology.graph, null_value=np.inf))
    finite = hops[np.isfinite(hops)]
    return np.where(np.isfinite(hops), hops, finite.max(initial=0.0) + 1.0)


def _spread(wanted: Array) -> Array:
    """Places (n, 2) of classical scaling: the two main axes of the centred squared distances."""
    squares = wanted**2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    values, vectors = np.linalg.eigh(-centred / 2.0)
    axes = vectors[:, :-3:-1] * np.sqrt(np.maximum(values[:-3:-1], 0.0))
    # The sign of an eigenvector is arbitrary: the first site lies on the left, and above.
    flips = np.where(axes[:1] > 0.0, -1.0, 1.0) * np.array([1.0, -1.0])[: axes.shape[1]]
    places = np.zeros((len(wanted), 2))
    places[:, : axes.shape[1]] = axes * flips
    # Equal sites would stay on each other: a turn of the golden angle parts them.
    turns = 2.399963 * np.arange(len(wanted))
    return np.asarray(places + 0.05 * np.stack([np.cos(turns), np.sin(turns)], axis=1))


def _unit(topology: Topology, known: dict[str, tuple[float, float]]) -> float:
    """How long a fibre is on the map: the median of those whose places are known."""
    ends = [span.ends for span in topology.spans if set(span.ends) <= known.keys()]
    lengths = [float(np.hypot(*np.subtract(known[a], known[b]))) for a, b in ends]
    lengths = [length for length in lengths if length > 0.0]
    if lengths:
        return float(np.median(lengths))
    return float(np.ptp(np.array(list(known.values())), axis=0).max()) or 1.0


def _relax(places: Array, wanted: Array, fixed: npt.NDArray[np.bool_]) -> None:
    """Move the free sites, one after the other, to where the stress is least."""
    weights = 1.0 / np.where(wanted > 0.0, wanted, np.inf) ** 2
    free = np.flatnonzero(~fixed)
    for _ in range(min(_SWEEPS, _MOVES // max(len(free), 1) + 5)):
        for k in free:
            if not weights[k].any():
                continue
            ways = places[k] - places
            distances = np.hypot(*ways.T)
            scale = np.where(distances > 0.0, wanted[k] / np.where(distances > 0, distances, 1), 0)
            places[k] = weights[k] @ (places + scale[:, None] * ways) / weights[k].sum()
