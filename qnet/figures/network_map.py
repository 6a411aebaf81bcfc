"""Maps of a network: nodes at their places, fibres with their lengths, and a route."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.errors import ParameterError
from qnet.figures.curves import WIDE
from qnet.figures.labels import Labels, whole_figure
from qnet.figures.network import ROLES, MapFibre, MapNode, check_network
from qnet.figures.style import COLOURS, new_axes, style
from qnet.network.topology import great_circle_km
from qnet.plans.base import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["chain_map", "network_map"]

#: Coordinates of every node on the map, by its name: km, or degrees.
Places = dict[str, tuple[float, float]]

#: Widths in points of the thinnest and the thickest fibre with a value, and of one without.
_THIN, _THICK, _PLAIN = 1.0, 5.5, 1.4

#: How far the band of a route reaches beyond the thickest fibre, in points.
_BAND = 7.0


def network_map(
    nodes: Iterable[MapNode],
    fibres: Iterable[MapFibre],
    *,
    route: Sequence[str] = (),
    value_label: str = "",
    lengths: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw a map of a network.

    Markers tell the roles of nodes. Fibres with a value are the thicker the larger it is, on a
    logarithmic scale where values span more than a factor of 30; those whose value is zero are
    dotted. A route lies under its fibres as a broad light band. On the Earth the map is
    equirectangular, true to scale at its mean latitude.

    Args:
        nodes: The nodes, all on the Earth or all on a plane.
        fibres: The fibres between them.
        route: Names of nodes, one after the other along fibres.
        value_label: What the values are, with their unit.
        lengths: Whether to write the lengths of fibres, straight distances in italics; a length
            for which there is no room is left out.
        ax: Where to draw; a new figure when None. Labels are placed for its present size.

    Returns:
        The axes. Fibres have the ``gid`` ``fibre LEFT RIGHT``, the band of a route ``route``.

    Raises:
        ParameterError: If there are no nodes, names or fibres are there twice, places are of both
            kinds, an end of a fibre or a step of the route is not there.

    Examples:
        >>> nodes = [
        ...     MapNode(name="Alice", x_km=0.0, y_km=0.0, role="end user"),
        ...     MapNode(name="Bob", x_km=30.0, y_km=40.0, role="end user"),
        ... ]
        >>> ax = network_map(nodes, [MapFibre(left="Alice", right="Bob")])
        >>> [text.get_text() for text in ax.texts]
        ['Alice', 'Bob', '50 km', 'italics: straight distance']
    """
    drawn = _Map(list(nodes), list(fibres), route)
    with style():
        if ax is None:
            ax = new_axes(*drawn.size_in())
        drawn.frame(ax)
        drawn.lines(ax)
        drawn.legend(ax, value_label)
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
    roles = ["end user", *["repeater station"] * (len(spans) - 1), "end user"]
    nodes = [
        MapNode(name=name, x_km=place, y_km=0.0, role=role)
        for name, role, place in zip(names, roles, accumulate([0.0, *spans]), strict=True)
    ]
    fibres = [
        MapFibre(left=left, right=right, length_km=span)
        for (left, right), span in zip(pairwise(names), spans, strict=True)
    ]
    return network_map(nodes, fibres, ax=ax)


class _Map:
    """A network, checked, and where its nodes lie."""

    def __init__(self, nodes: list[MapNode], fibres: list[MapFibre], route: Sequence[str]) -> None:
        check_network(nodes, fibres, route)
        self.nodes, self.fibres, self.route = nodes, fibres, route
        self.on_earth = nodes[0].is_on_earth
        self.places = _places(nodes)
        #: The different positive values, in order.
        self.values = sorted({fibre.value for fibre in fibres if fibre.value})
        x, y = (list(values) for values in zip(*self.places.values(), strict=True))
        #: Whether the nodes lie on one horizontal line of a plane, such as a chain.
        self.is_flat = not self.on_earth and len(set(y)) == 1
        #: How long a vertical unit is in horizontal ones: 1, or for degrees 1/cos(latitude).
        self.stretch = 1.0
        if self.on_earth:
            self.stretch /= max(math.cos(math.radians((min(y) + max(y)) / 2)), 0.05)
        wide, high = max(x) - min(x), self.stretch * (max(y) - min(y))
        least = 0.15 * max(wide, high) or 1.0
        self.across, self.up = _limits(x, least), _limits(y, least / self.stretch)

    def size_in(self) -> tuple[float, float]:
        """Width and height in inches of a figure that the map fills."""
        if self.is_flat:
            return 8.0, 1.6
        beside = bool(self.route) or any(node.role != "node" for node in self.nodes)
        beside = beside or any(fibre.value is not None for fibre in self.fibres)
        ratio = self.stretch * (self.up[1] - self.up[0]) / (self.across[1] - self.across[0])
        width = min(6.5, 7.5 / ratio)
        return width + 0.8 + 1.6 * beside, max(width * ratio, 2.0) + 0.8

    def frame(self, ax: Axes) -> None:
        """Limits, scale and titles of the axes."""
        ax.set_xlim(*self.across)
        if self.is_flat:
            middle = next(iter(self.places.values()))[1]
            ax.set_ylim(middle - 1.0, middle + 1.0)
            ax.spines["left"].set_visible(False)
            ax.set_yticks([])
            ax.set_xlabel("place / km")
            return
        ax.set_ylim(*self.up)
        ax.set_aspect(self.stretch)
        if self.on_earth:
            ax.xaxis.set_major_formatter(lambda x, _: f"{(x + 180.0) % 360.0 - 180.0:g}")
            ax.set(xlabel="longitude / degrees", ylabel="latitude / degrees")
        else:
            ax.set(xlabel="x / km", ylabel="y / km")

    def lines(self, ax: Axes) -> None:
        """The route, fibres on it, nodes on these."""
        if self.route:
            x, y = zip(*(self.places[name] for name in self.route), strict=True)
            look: dict[str, Any] = {"lw": _BAND + _THICK, "solid_capstyle": "round", "marker": ""}
            ax.plot(x, y, "-", color=COLOURS[4], alpha=0.7, zorder=1, gid="route", **look)
        for fibre in self.fibres:
            x, y = zip(self.places[fibre.left], self.places[fibre.right], strict=True)
            gid = f"fibre {fibre.left} {fibre.right}"
            ax.plot(x, y, marker="", zorder=2, gid=gid, **_look(fibre.value, self.values))
        for node in self.nodes:
            place = self.places[node.name]
            ax.plot(place[:1], place[1:], gid=f"node {node.name}", **_marker(node.role))

    def legend(self, ax: Axes, value_label: str) -> None:
        """Roles, the route, and what widths mean; nothing where nothing needs a word."""
        # Local import: Matplotlib takes long to load.
        from matplotlib.lines import Line2D

        roles = [role for role in ROLES if role in {node.role for node in self.nodes} - {"node"}]
        entries = [Line2D([], [], label=role, **_marker(role)) for role in roles]
        if self.route:
            entries.append(Line2D([], [], color=COLOURS[4], alpha=0.7, lw=_BAND, label="route"))
        values = self.values
        shown = sorted({0, len(values) // 2, len(values) - 1} if values else (), reverse=True)
        if values and value_label:
            entries.append(Line2D([], [], ls="", label=value_label))
        for value in (values[k] for k in shown):
            entries.append(Line2D([], [], label=_number(value), **_look(value, values)))
        if any(fibre.value == 0.0 for fibre in self.fibres):
            entries.append(Line2D([], [], label="0", **_look(0.0, values)))
        if not entries:
            return
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)}
        if self.is_flat:
            place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": len(entries)}
        ax.legend(handles=entries, fontsize="small", **place)

    def label(self, ax: Axes, *, lengths: bool) -> None:
        """Names beside nodes, lengths on fibres."""
        joined = [(self.places[fibre.left], self.places[fibre.right]) for fibre in self.fibres]
        segments = np.array(joined).reshape(-1, 2, 2)
        labels = Labels(ax, np.array(list(self.places.values())), segments)
        around = [(8, 0), (-8, 0), (0, 8), (0, -8), (6, 6), (-6, 6), (6, -6), (-6, -6)]
        for name, where in self.places.items():
            labels.put(name, where, around, fontsize=9, zorder=6, parse_math=False)
        if not lengths:
            return
        by_name = {node.name: node for node in self.nodes}
        for fibre, ends in zip(self.fibres, joined, strict=True):
            way = np.subtract(*labels.in_points(ends)[::-1])
            across = 8.0 * np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-9)
            along = [part * way for part in (0.0, 0.12, -0.12, 0.24, -0.24)]
            beside = [place + side * across for place in along for side in (1.0, -1.0)]
            length = fibre.length_km
            if length is None:
                length = _distance_km(by_name[fibre.left], by_name[fibre.right])
            labels.put(
                f"{_number(length)} km",
                ((ends[0][0] + ends[1][0]) / 2, (ends[0][1] + ends[1][1]) / 2),
                [*along, *beside],
                centred=True,
                most_covered=0.05,
                fontsize=7.5,
                fontstyle="normal" if fibre.length_km is not None else "italic",
                color="0.25",
                zorder=5,
                bbox={"fc": "white", "ec": "none", "pad": 0.6, "alpha": 0.85},
            )
        if any(fibre.length_km is None for fibre in self.fibres):
            look: dict[str, Any] = {"ha": "right", "va": "bottom", "transform": ax.transAxes}
            look |= {"fontsize": 7.5, "fontstyle": "italic"}
            ax.text(1.0, 1.0, "italics: straight distance", **look)


def _places(nodes: Sequence[MapNode]) -> Places:
    """Horizontal and vertical coordinate of every node: km, or degrees."""
    if not nodes[0].is_on_earth:
        return {node.name: (node.x_km or 0.0, node.y_km or 0.0) for node in nodes}
    # The map is cut where the widest gap between longitudes is, not always at 180 degrees.
    longitudes = sorted((node.longitude_deg or 0.0) % 360.0 for node in nodes)
    gaps = [b - a for a, b in pairwise([longitudes[-1] - 360.0, *longitudes])]
    widest = int(np.argmax(gaps))
    west = longitudes[widest] - gaps[widest] / 2
    west = west - 360.0 if west >= 180.0 else west
    return {
        node.name: (west + ((node.longitude_deg or 0.0) - west) % 360.0, node.latitude_deg or 0.0)
        for node in nodes
    }


def _limits(values: Sequence[float], least: float) -> tuple[float, float]:
    """A little beyond all values, and at least this far around their middle."""
    middle = (min(values) + max(values)) / 2
    reach = max(0.58 * (max(values) - min(values)), least)
    return middle - reach, middle + reach


def _look(value: float | None, values: Sequence[float]) -> dict[str, Any]:
    """Dashes, colour and width of a fibre of this value among all positive ones."""
    if value is None:
        return {"ls": "-", "color": "0.45", "lw": _PLAIN}
    if value == 0.0:
        return {"ls": ":", "color": "0.45", "lw": _PLAIN}
    least, most = values[0], values[-1]
    part = 1.0
    if most / WIDE > least:
        part = (math.log(value) - math.log(least)) / (math.log(most) - math.log(least))
    elif most > least:
        part = (value - least) / (most - least)
    return {"ls": "-", "color": COLOURS[1], "lw": _THIN + part * (_THICK - _THIN)}


def _marker(role: str) -> dict[str, Any]:
    face = "white" if role in ("trusted node", "ground station") else COLOURS[0]
    form = {"ls": "", "marker": ROLES[role], "ms": 8.0, "zorder": 3}
    return {**form, "mec": COLOURS[0], "mew": 1.4, "color": face}


def _number(value: float) -> str:
    """Three significant digits; with an exponent only where there would be many zeros."""
    short = f"{value:.3g}"
    return f"{float(short):,.10g}" if 1e-3 <= value < 1e7 else short


def _distance_km(left: MapNode, right: MapNode) -> float:
    """Straight distance of two nodes; on the Earth along the great circle."""
    if left.latitude_deg is None or left.longitude_deg is None:
        places = [(node.x_km or 0.0, node.y_km or 0.0) for node in (left, right)]
        return math.dist(*places)
    there = right.latitude_deg or 0.0, right.longitude_deg or 0.0
    return great_circle_km(left.latitude_deg, left.longitude_deg, *there)
