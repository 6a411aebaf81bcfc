"""Looks of maps: markers of sites, and widths and colours of fibres by their numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from qnet.errors import ParameterError, check_non_negative
from qnet.figures.curves import WIDE
from qnet.figures.style import COLOURS
from qnet.network.topologies.topology import KINDS_OF_SITE, Topology

__all__ = ["BANDS", "MARKERS", "FibreLooks", "check_routes", "load_look", "marker", "short_number"]

#: Marker of each kind of site.
MARKERS = dict(zip(KINDS_OF_SITE, "oDPs^.", strict=True))

#: Kinds whose markers are hollow.
_HOLLOW = ("trusted-node", "ground-station")

#: Colours of the bands of routes: light, so that fibres stand out on them.
BANDS = ("#cbbde6", "#b9dcae", "#a9cbe0", "#f0bccb", "#ece0a0", "#d0d0d0")

#: Widths in points of the thinnest and the thickest fibre with a number, and of one without.
THIN, THICK, PLAIN = 1.0, 5.5, 1.4

#: Colours of loads from none to full: of falling lightness, so that grey print tells them apart.
_LOADS = ("#a3b4c4", "#cf9a2b", "#c95f20", "#a6262e", "#4d0834")

#: Loads that the legend shows.
_SHOWN = (0.0, 0.25, 0.5, 0.75, 1.0)


def marker(kind: str) -> dict[str, Any]:
    """Marker, size and colours of a site of this kind."""
    face = "white" if kind in _HOLLOW else COLOURS[0]
    form = {"ls": "", "marker": MARKERS[kind], "ms": 8.0, "zorder": 3}
    return {**form, "mec": COLOURS[0], "mew": 1.4, "color": face}


class FibreLooks:
    """Widths and colours of the fibres of a map.

    Args:
        topology: Whose fibres.
        values: Numbers by the ends of fibres, shown as widths.
        loads: Shares from 0 to 1 by the ends of fibres, shown as colours, and as widths where there
            are no values.

    Raises:
        ParameterError: If a number belongs to no fibre, is negative or not finite, or a load is
            above 1.
    """

    def __init__(
        self,
        topology: Topology,
        values: Mapping[tuple[str, str], float],
        loads: Mapping[tuple[str, str], float],
    ) -> None:
        #: Both by the number of the fibre.
        self.values = _by_span(topology, "values", values)
        self.loads = _by_span(topology, "loads", loads)
        #: The different positive values, in order.
        self.positive = sorted({value for value in self.values.values() if value})
        for load in self.loads.values():
            if load > 1.0 + 1e-9:
                hint = "give other numbers as values"
                raise ParameterError("loads", "be shares of at most 1", load, hint)

    def look(self, span: int) -> dict[str, Any]:
        """Dashes, colour and width of a fibre."""
        look: dict[str, Any] = {"ls": "-", "color": "0.45", "lw": PLAIN}
        if span in self.values:
            look |= self.value_look(self.values[span])
        if span in self.loads:
            look |= load_look(self.loads[span], width=not self.values)
        return look

    def value_look(self, value: float) -> dict[str, Any]:
        """The look of a value: wider where it is larger, dotted where it is zero."""
        if value == 0.0:
            return {"ls": ":", "color": "0.45", "lw": PLAIN}
        least, most = self.positive[0], self.positive[-1]
        part = 1.0
        if most / WIDE > least:
            part = (math.log(value) - math.log(least)) / (math.log(most) - math.log(least))
        else:
            part = value / most
        return {"ls": "-", "color": COLOURS[1], "lw": THIN + part * (THICK - THIN)}

    def entries(self, value_label: str, load_label: str) -> list[tuple[str, dict[str, Any]]]:
        """Words and looks of the legend."""
        found: list[tuple[str, dict[str, Any]]] = []
        if self.values:
            last = len(self.positive) - 1
            shown = sorted({0, (last + 1) // 2, last} if self.positive else (), reverse=True)
            found += [(value_label, {"ls": ""})] if value_label and self.positive else []
            levels = [self.positive[k] for k in shown]
            levels += [0.0] if 0.0 in self.values.values() else []
            found += [(short_number(value), self.value_look(value)) for value in levels]
        if self.loads:
            found += [(load_label, {"ls": ""})] if load_label else []
            width = not self.values
            found += [(f"{100 * load:.0f} %", load_look(load, width=width)) for load in _SHOWN]
        return found


def _by_span(
    topology: Topology, field: str, numbers: Mapping[tuple[str, str], float]
) -> dict[int, float]:
    """Numbers by the number of the fibre."""
    found = {}
    for ends, number in numbers.items():
        if tuple(ends) not in topology.span_number:
            hint = "give the two ends of a fibre of the map"
            raise ParameterError(field, "belong to fibres", ends, hint)
        found[topology.span_number[ends]] = check_non_negative(field, number)
    return found


def load_look(load: float, *, width: bool) -> dict[str, Any]:
    """Colour of a load from 0 to 1, and its width."""
    # Local import: Matplotlib takes long to load.
    from matplotlib.colors import LinearSegmentedColormap

    colour = LinearSegmentedColormap.from_list("loads", _LOADS)(min(load, 1.0))
    look: dict[str, Any] = {"ls": "-", "color": colour}
    return {**look, "lw": THIN + min(load, 1.0) * (THICK - THIN)} if width else look


def short_number(value: float) -> str:
    """Three significant digits; with an exponent only where there would be many zeros.

    Examples:
        >>> short_number(26_542.0), short_number(1.5e-7)
        ('26,500', '1.5e-07')
    """
    short = f"{value:.3g}"
    return f"{float(short):,.10g}" if 1e-3 <= value < 1e7 else short


def check_routes(topology: Topology, routes: Sequence[Sequence[str]]) -> None:
    """Raise a ParameterError unless every route follows fibres."""
    for route in routes:
        for name in route:
            if name not in topology.site_number:
                hint = "name nodes of the map"
                raise ParameterError("routes", "pass nodes that are there", name, hint)
        if len(route) < 2:
            hint = "add where it leads"
            raise ParameterError("routes", "have two nodes or more each", tuple(route), hint)
        for step in pairwise(route):
            if step not in topology.span_number:
                hint = "add the fibre, or another step"
                raise ParameterError("routes", "follow fibres", step, hint)
