"""Maps of a network: sites at their places, fibres with their lengths, loads and routes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.errors import ParameterError
from qnet.figures.labels import Labels, whole_figure
from qnet.figures.map_looks import (
    BANDS,
    MARKERS,
    THICK,
    FibreLooks,
    check_routes,
    marker,
    short_number,
)
from qnet.figures.map_places import map_places
from qnet.figures.style import new_axes, style
from qnet.network.topologies.topology import FibreSpan, Site, Topology, distance_km
from qnet.plans.base import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["chain_map", "network_map"]

#: How far the band of a route reaches beyond the thickest fibre, and each further one beyond the
#: last, in points.
_BAND, _FURTHER = 7.0, 3.5

#: With more sites than this, names are in small print, and markers are small.
_MANY = 25


def network_map(
    topology: Topology,
    *,
    routes: Sequence[Sequence[str]] = (),
    route_labels: Sequence[str] = (),
    values: Mapping[tuple[str, str], float] | None = None,
    value_label: str = "",
    loads: Mapping[tuple[str, str], float] | None = None,
    load_label: str = "use",
    lengths: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw a map of a network.

    Markers tell the kinds of sites. Fibres with a value are the thicker the larger it is, from zero
    on, or on a logarithmic scale where values span more than a factor of 30; those whose value is
    zero are dotted. Loads are colours, and widths too where there are no values. Routes lie under
    their fibres as broad light bands, the first as the narrowest. On the Earth the map is
    equirectangular, true to scale at its mean latitude; sites without a place are put where there
    is room (`map_places`), their names in italics, and where none has one the map has no scale.

    Args:
        topology: The sites and the fibres between them.
        routes: Each names sites, one after the other along fibres.
        route_labels: A word for each route; its ends unless given.
        values: Numbers by the ends of fibres, in either order.
        value_label: What the values are, with their unit.
        loads: Shares of each fibre that are used, from 0 to 1, by its ends.
        load_label: What the loads are.
        lengths: Whether to write the lengths of fibres, straight distances in italics; a length
            for which there is no room is left out.
        ax: Where to draw; a new figure when None. Labels are placed for its present size.

    Returns:
        The axes. Fibres have the ``gid`` ``fibre LEFT RIGHT``, sites ``node NAME``, the bands of
        routes ``route 0``, ``route 1`` and so on.

    Raises:
        ParameterError: If places are of both kinds, a route leaves the fibres, or a number belongs
            to no fibre.

    Examples:
        >>> sites = (
        ...     Site(name="Alice", x_km=0.0, y_km=0.0, kind="user"),
        ...     Site(name="Bob", x_km=30.0, y_km=40.0, kind="user"),
        ... )
        >>> ax = network_map(Topology(sites=sites, spans=(FibreSpan(ends=("Alice", "Bob")),)))
        >>> [text.get_text() for text in ax.texts]
        ['Alice', 'Bob', '50 km', 'italics: straight distance']
    """
    check_routes(topology, routes)
    looks = FibreLooks(topology, values or {}, loads or {})
    words = list(route_labels) or _route_words(routes)
    if len(words) != len(routes):
        hint = f"give {len(routes)}"
        raise ParameterError("route_labels", "be one for each route", len(words), hint)
    drawn = _Map(topology, looks, routes)
    drawn.entries += [(word, _band(number, _BAND)) for number, word in enumerate(words)]
    drawn.entries += looks.entries(value_label, load_label)
    with style():
        if ax is None:
            ax = new_axes(*drawn.size_in())
        drawn.frame(ax)
        drawn.lines(ax)
        drawn.legend(ax)
        # Labels are placed by what they would cover, which needs the layout.
        whole_figure(ax).draw_without_rendering()
        drawn.label(ax, lengths=lengths)
    return ax


def chain_map(plan: Plan, *, ax: Axes | None = None) -> Axes:
    """Draw the chain of a plan as a straight map, to scale.

    Args:
        plan: The plan; all its links have lengths.
        ax: Where to draw; a new figure when None.

    Raises:
        ParameterError: If a link has no length.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(
        ...     success_probability=0.1, attempt_time_s=1e-3, state=werner(0.98), length_km=50.0
        ... )
        >>> ax = chain_map(Swap(left=link, right=link))
        >>> [text.get_text() for text in ax.texts]
        ['Alice', 'station 1', 'Bob', '50 km', '50 km']
    """
    spans = [link.length_km for link in plan.links()]
    if min(spans) <= 0.0:
        hint = "give every link a length"
        raise ParameterError("link.length_km", "be positive", min(spans), hint)
    names = ["Alice", *(f"station {k}" for k in range(1, len(spans))), "Bob"]
    kinds = ["user", *["repeater"] * (len(spans) - 1), "user"]
    sites = tuple(
        Site(name=name, x_km=place, y_km=0.0, kind=kind)
        for name, kind, place in zip(names, kinds, accumulate([0.0, *spans]), strict=True)
    )
    fibres = tuple(
        FibreSpan(ends=ends, length_km=span)
        for ends, span in zip(pairwise(names), spans, strict=True)
    )
    return network_map(Topology(sites=sites, spans=fibres), ax=ax)


class _Map:
    """A network, and where its sites lie."""

    def __init__(
        self, topology: Topology, looks: FibreLooks, routes: Sequence[Sequence[str]]
    ) -> None:
        self.topology, self.looks, self.routes = topology, looks, routes
        self.places = map_places(topology)
        x, y = (list(values) for values in zip(*self.places.values(), strict=True))
        kinds = {site.kind for site in topology.sites} - {"node"}
        #: Words and looks of the legend.
        self.entries = [(kind.replace("-", " "), marker(kind)) for kind in MARKERS if kind in kinds]
        #: Whether the sites lie on one horizontal line of a plane, such as a chain.
        self.is_flat = self.places.unit != "degrees" and np.ptp(y) <= 1e-9 * (np.ptp(x) or 1.0)
        #: How long a vertical unit is in horizontal ones: 1, or for degrees 1/cos(latitude).
        self.stretch = 1.0
        if self.places.unit == "degrees":
            self.stretch /= max(math.cos(math.radians((min(y) + max(y)) / 2)), 0.05)
        wide, high = max(x) - min(x), self.stretch * (max(y) - min(y))
        least = 0.15 * max(wide, high) or 1.0
        self.across, self.up = _limits(x, least), _limits(y, least / self.stretch)

    def size_in(self) -> tuple[float, float]:
        """Width and height in inches of a figure that the map fills."""
        if self.is_flat:
            return 8.0, 1.6
        longest = max((len(word) for word, _ in self.entries), default=0)
        beside = 0.7 + 0.075 * longest if self.entries else 0.0
        ratio = self.stretch * (self.up[1] - self.up[0]) / (self.across[1] - self.across[0])
        most = 6.5 if len(self.places) <= _MANY else 8.5
        width = min(most, (most + 1.0) / ratio)
        return width + 0.8 + beside, max(width * ratio, 2.0) + 0.8

    def frame(self, ax: Axes) -> None:
        """Limits, scale and titles of the axes."""
        ax.set_xlim(*self.across)
        if self.is_flat:
            middle = next(iter(self.places.values()))[1]
            ax.set_ylim(middle - 1.0, middle + 1.0)
            ax.spines["left"].set_visible(False)
            ax.set_yticks([])
            ax.set_xlabel("place (km)")
        else:
            ax.set_ylim(*self.up)
            ax.set_aspect(self.stretch)
        if self.places.unit == "degrees":
            ax.xaxis.set_major_formatter(lambda x, _: f"{(x + 180.0) % 360.0 - 180.0:g}")
            ax.set(xlabel="longitude (degrees)", ylabel="latitude (degrees)")
        elif self.places.unit == "km" and not self.is_flat:
            ax.set(xlabel="x (km)", ylabel="y (km)")
        elif not self.places.unit:
            ax.set(xticks=[], yticks=[], xlabel="without a scale")
            for spine in ax.spines.values():
                spine.set_visible(False)

    def lines(self, ax: Axes) -> None:
        """The routes, fibres on them, sites on these."""
        for number, route in reversed(list(enumerate(self.routes))):
            x, y = zip(*(self.places[name] for name in route), strict=True)
            look = _band(number, THICK + _BAND + number * _FURTHER)
            ax.plot(x, y, zorder=1, gid=f"route {number}", **look)
        for number, span in enumerate(self.topology.spans):
            x, y = zip(*(self.places[end] for end in span.ends), strict=True)
            gid = f"fibre {span.ends[0]} {span.ends[1]}"
            ax.plot(x, y, marker="", zorder=2, gid=gid, **self.looks.look(number))
        small = {"ms": 5.5} if len(self.places) > _MANY else {}
        for site in self.topology.sites:
            place = self.places[site.name]
            look = {**marker(site.kind), **small}
            ax.plot(place[:1], place[1:], gid=f"node {site.name}", **look)

    def legend(self, ax: Axes) -> None:
        """Kinds, routes, and what widths and colours mean; nothing where nothing needs a word."""
        # Local import: Matplotlib takes long to load.
        from matplotlib.lines import Line2D

        handles = [Line2D([], [], label=words, **look) for words, look in self.entries]
        if not handles:
            return
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)}
        if self.is_flat:
            place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": len(handles)}
        ax.legend(handles=handles, fontsize="small", **place)

    def label(self, ax: Axes, *, lengths: bool) -> None:
        """Names beside sites, lengths on fibres."""
        spans = self.topology.spans
        joined = [tuple(self.places[end] for end in span.ends) for span in spans]
        segments = np.array(joined).reshape(-1, 2, 2)
        labels = Labels(ax, np.array(list(self.places.values())), segments)
        around = [(8, 0), (-8, 0), (0, 8), (0, -8), (6, 6), (-6, 6), (6, -6), (-6, -6)]
        size = 9.0 if len(self.places) <= _MANY else 7.0
        unplaced = self.places.laid_out if self.places.unit else ()
        for name, where in self.places.items():
            letters: dict[str, Any] = {"fontstyle": "italic"} if name in unplaced else {}
            labels.put(name, where, around, fontsize=size, zorder=6, parse_math=False, **letters)
        written = [self._write_length(labels, k) for k in range(len(spans) if lengths else 0)]
        notes = ["straight distance"] if "italic" in written else []
        notes += ["place not known"] if unplaced else []
        if notes:
            look: dict[str, Any] = {"ha": "right", "va": "bottom", "transform": ax.transAxes}
            look |= {"fontsize": 7.5, "fontstyle": "italic"}
            ax.text(1.0, 1.0, f"italics: {', '.join(notes)}", **look)

    def _write_length(self, labels: Labels, number: int) -> str:
        """Write the length of a fibre, if it is known; the style of its letters."""
        span = self.topology.spans[number]
        ends = [self.places[end] for end in span.ends]
        length, letters = span.length_km, "normal"
        if length is None:
            sites = [self.topology.sites[self.topology.site_number[end]] for end in span.ends]
            length, letters = distance_km(*sites), "italic"
        if length is None:
            return ""
        way = np.subtract(*labels.in_points(ends)[::-1])
        across = 8.0 * np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-9)
        along = [part * way for part in (0.0, 0.12, -0.12, 0.24, -0.24)]
        beside = [place + side * across for place in along for side in (1.0, -1.0)]
        labels.put(
            f"{short_number(length)} km",
            ((ends[0][0] + ends[1][0]) / 2, (ends[0][1] + ends[1][1]) / 2),
            [*along, *beside],
            centred=True,
            most_covered=0.05,
            fontsize=7.5 if len(self.places) <= _MANY else 6.0,
            fontstyle=letters,
            color="0.25",
            zorder=5,
            bbox={"fc": "white", "ec": "none", "pad": 0.6, "alpha": 0.85},
        )
        return letters


def _route_words(routes: Sequence[Sequence[str]]) -> list[str]:
    """The ends of each route, with a number where routes have the same."""
    words = [f"{route[0]} to {route[-1]}" for route in routes]
    return [
        f"{word}, {words[: k + 1].count(word)}" if words.count(word) > 1 else word
        for k, word in enumerate(words)
    ]


def _band(number: int, width: float) -> dict[str, Any]:
    """The look of a route's band."""
    look: dict[str, Any] = {"ls": "-", "marker": "", "solid_capstyle": "round"}
    return {**look, "color": BANDS[number % len(BANDS)], "lw": width}


def _limits(values: Sequence[float], least: float) -> tuple[float, float]:
    """A little beyond all values, and at least this far around their middle."""
    middle = (min(values) + max(values)) / 2
    reach = max(0.58 * (max(values) - min(values)), least)
    return middle - reach, middle + reach
