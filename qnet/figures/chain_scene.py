"""Scenes of a repeater chain: its nodes in a row, and the entangled pairs of one moment."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.figures.pair_history import Half, History, Signal, Span
from qnet.figures.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["ChainScene"]

#: Segments whose lengths differ by more than this factor are drawn equally long.
_TO_SCALE = 4.0

#: Heights above the fibre: of the first memory, from one memory to the next, of an arc of one
#: segment, of the arc from end to end.
_MEMORY, _STEP, _LOW, _HIGH = 0.16, 0.12, 0.26, 0.95

#: More nodes than this leave no room for lengths and numbers of attempts.
_ROOMY = 11

#: Shades of what was heralded just now, and of what has waited longest.
_FRESH, _OLD = COLOURS[0], "#bccbdd"

_LIT, _UNLIT = COLOURS[4], "#eef1f4"


class ChainScene:
    """Draws a chain on axes, and changes the drawing from moment to moment.

    Stations are boxes with a dot per memory, hollow when empty. An arc joins two entangled
    memories: dashed while outcomes that its ends need are on their way. Arcs and dots grow lighter
    with the time since their herald, the oldest one of a joined pair. Triangles on the fibre are
    classical messages.

    Args:
        history: What to show.
        ax: Where to draw.
    """

    def __init__(self, history: History, ax: Axes) -> None:
        self.history, self.ax = history, ax
        self.places, self.lengths_km, self.to_scale = _places(history)
        self.half_box = min(0.02, 0.2 * min(b - a for a, b in pairwise(self.places)))
        self.top = _MEMORY + _STEP * max(history.copies.values())
        self.spans = list(history.spans())
        self.qubits = {half: history.used_s(half) for half in history.copies}
        self.delivered = [history.half(history.last, side) for side in ("left", "right")]
        self.oldest_s = max(span.until_s - span.herald_s for span in self.spans)
        self.crowded = len(self.places) > _ROOMY
        self._row()
        self.boxes = [self._box(place) for place in self.places]
        self.flying = [self._segment(node) for node in history.nodes[1:]]
        self.dots = {half: self._dot(half) for half in self.qubits}
        self.arcs = [self._arc(span) for span in self.spans]
        self.measured = [
            (measured, self._join(measured.kind, halves))
            for measured in history.measurements
            for halves in measured.halves
        ]
        self.messages = [self._triangle(message) for message in history.messages]
        self.light_s = _light_s(history)
        self._legend()

    def show(self, time_s: float, *, since_s: float, lit: bool) -> None:
        """Change the drawing to one moment.

        Args:
            time_s: The moment.
            since_s: Measurements after this time are still shown.
            lit: Whether segments that try to make a pair are lit: they blink.
        """
        self._attempts(time_s, lit=lit)
        for half, dot in self.dots.items():
            ready = self.history.records[half.pair].ready_s
            kept = half in self.delivered
            there = ready <= time_s and (time_s < self.qubits[half] or kept)
            dot.set_visible(there)
            dot.set_color(self._shade(time_s - ready))
        for span, arc in zip(self.spans, self.arcs, strict=True):
            delivered = span.from_s == span.until_s
            arc.set_visible(span.from_s <= time_s and (time_s < span.until_s or delivered))
            arc.set_color(_FRESH if delivered else self._shade(time_s - span.herald_s))
        busy: set[int] = set()
        for measured, join in self.measured:
            join.set_visible(since_s < measured.time_s <= time_s)
            if join.get_visible():
                busy.update(measured.nodes)
        if time_s >= self.history.ready_s:
            busy.update((self.history.nodes[0], self.history.nodes[-1]))
        for node, box in zip(self.history.nodes, self.boxes, strict=True):
            box.set_facecolor(_LIT if node in busy else _UNLIT)
        for message, triangle in zip(self.history.messages, self.messages, strict=True):
            # What is added up in another order may arrive a rounding after the delivery.
            arrives_s = min(message.arrives_s, self.history.ready_s)
            triangle.set_visible(message.sent_s <= time_s < arrives_s)
            triangle.set_xdata([self._where(message, time_s)])

    def _attempts(self, time_s: float, *, lit: bool) -> None:
        for segment, (line, text) in enumerate(self.flying):
            running = [
                link
                for link in self.history.links
                if link.right_node == self.history.nodes[segment + 1]
                and link.begun_s <= time_s < link.ready_s
            ]
            line.set_visible(bool(running) and lit)
            numbers = sorted(_attempt(link, time_s) for link in running)
            few = len(numbers) < 3 and not self.crowded
            text.set_text(", ".join(map(str, numbers)) if few else "")

    def _shade(self, age_s: float) -> Any:  # noqa: ANN401 - a colour of Matplotlib
        return shade(age_s / self.oldest_s if self.oldest_s else 0.0)

    def _where(self, message: Signal, time_s: float) -> float:
        """How far a message has come along the fibre."""
        way = 1.0 if message.target > message.origin else -1.0
        light = self.light_s[message.origin] + way * (time_s - message.sent_s)
        return float(np.interp(light, self.light_s, self.places))

    def _row(self) -> None:
        """Fibre, names, lengths, and nothing else."""
        self.ax.set_axis_off()
        self.ax.set_xlim(-0.06, 1.06)
        self.ax.set_ylim(-0.36, self.top + _HIGH + 0.3)
        self.ax.plot(self.places, [0.0] * len(self.places), "-", color="0.45", lw=1.6, zorder=1)
        many = len(self.places) > 8
        for node, place in zip(self.history.nodes, self.places, strict=True):
            name = self.history.name(node).removeprefix("station " if many else "")
            self.ax.text(place, -0.13, name, ha="center", va="top", fontsize="medium")
        if self.lengths_km is None or self.crowded:
            return
        for (a, b), length in zip(pairwise(self.places), self.lengths_km, strict=True):
            text = f"{length:.3g}" if many else f"{length:.3g} km"
            self.ax.text((a + b) / 2, -0.12, text, ha="center", va="top", size=8, color="0.35")

    def _legend(self) -> None:
        """What arcs and triangles mean, those that are there."""
        seen: dict[str, Line2D] = {}
        for span, arc in zip(self.spans, self.arcs, strict=True):
            seen.setdefault("pair" if span.known else "pair, outcomes on their way", arc)
        for triangle in self.messages[-1:]:
            seen["message"] = triangle
        place: dict[str, Any] = {"loc": "upper left", "ncols": 3, "fontsize": 8, "borderaxespad": 0}
        legend = self.ax.legend(list(seen.values()), list(seen), columnspacing=1.5, **place)
        for line in legend.get_lines():
            line.set_color("black")
            line.set_linewidth(2.0)

    def _box(self, place: float) -> Any:  # noqa: ANN401 - a patch of Matplotlib
        # Local import: Matplotlib takes long to load.
        from matplotlib.patches import Rectangle

        corner = (place - 1.8 * self.half_box, -0.09)
        size = (3.6 * self.half_box, self.top + 0.19)
        return self.ax.add_patch(Rectangle(corner, *size, ec="0.3", fc=_UNLIT, lw=0.9, zorder=2))

    def _segment(self, node: int) -> tuple[Line2D, Any]:
        a, b = self.places[node - 1], self.places[node]
        inner = [a + 1.8 * self.half_box, b - 1.8 * self.half_box]
        line = self._line(inner, [0.0] * 2, "attempts", color=COLOURS[2], lw=5, zorder=1.5)
        place: dict[str, Any] = {"ha": "center", "va": "bottom", "size": 8, "color": COLOURS[1]}
        return line, self.ax.text((a + b) / 2, 0.06, "", **place)

    def _dot(self, half: Half) -> Line2D:
        x, y = ([value] for value in self._at(half))
        form = {"ls": "", "marker": "o", "ms": 6, "mec": "0.3", "mew": 0.7}
        self._line(x, y, None, **form, color="white", zorder=3)
        return self._line(x, y, f"qubit {half.pair} {half.side}", **form, zorder=4)

    def _arc(self, span: Span) -> Line2D:
        (a, low), (b, other) = self._at(span.left), self._at(span.right)
        turn = np.linspace(np.pi, 0.0, 41)
        part = (span.nodes[1] - span.nodes[0]) / len(self.flying)
        height = _LOW + (_HIGH - _LOW) * (part if len(self.flying) > 1 else 0.5)
        x = (a + b) / 2 + (b - a) / 2 * np.cos(turn)
        y = low + (other - low) * (x - a) / (b - a) + height * np.sin(turn)
        gid = f"{'pair' if span.known else 'awaited'} {span.name}"
        dashes = "-" if span.known else (0, (3, 1.5))
        width = 4.0 if span.from_s == span.until_s else 2.4
        return self._line(x, y, gid, zorder=3.5, lw=width, ls=dashes)

    def _join(self, kind: str, halves: tuple[Half, Half]) -> Line2D:
        x, y = zip(*map(self._at, halves), strict=True)
        look = {"marker": "x" if kind == "swap" else "s", "ms": 9, "mew": 2.2, "color": "black"}
        return self._line(x, y, kind, **look, ls="-", lw=1.5, zorder=5)

    def _triangle(self, message: Signal) -> Line2D:
        right = message.target > message.origin
        look = {"marker": ">" if right else "<", "ms": 8, "color": "black", "mec": "white"}
        height = 0.03 if right else -0.03
        return self._line([0.0], [height], "message", ls="", **look, zorder=5)

    def _line(self, x: Any, y: Any, gid: str | None, **look: Any) -> Line2D:  # noqa: ANN401
        """A line, solid and without markers unless said."""
        (line,) = self.ax.plot(x, y, gid=gid, **{"ls": "-", "marker": "", **look})
        return line

    def _at(self, half: Half) -> tuple[float, float]:
        """Where a memory is drawn."""
        record = self.history.records[half.pair]
        node, way = (record.left_node, 1.0) if half.side == "left" else (record.right_node, -1.0)
        return self.places[node] + way * self.half_box, _MEMORY + _STEP * self.history.copies[half]


def shade(part: float) -> tuple[float, float, float]:
    """The colour of what has waited this part of the longest wait.

    Examples:
        >>> shade(0.0) < shade(0.5) < shade(1.0)
        True
    """
    # Local import: Matplotlib takes long to load.
    from matplotlib.colors import to_rgb

    part = min(max(part, 0.0), 1.0)
    fresh, old = np.array(to_rgb(_FRESH)), np.array(to_rgb(_OLD))
    red, green, blue = fresh + part * (old - fresh)
    return float(red), float(green), float(blue)


def _attempt(link: Any, time_s: float) -> int:  # noqa: ANN401
    """Number of the attempt that runs now."""
    part = (time_s - link.begun_s) / (link.ready_s - link.begun_s)
    return int(part * (link.attempts or 1)) + 1


def _places(history: History) -> tuple[list[float], list[float] | None, bool]:
    """Place of every node from 0 to 1, lengths of segments in km if known, whether to scale."""
    count = len(history.nodes) - 1
    equal = [k / count for k in range(count + 1)]
    if history.plan is None:
        return equal, None, True
    lengths = [link.length_km for link in history.plan.links()]
    if max(lengths) == 0.0:
        return equal, None, True
    if max(lengths) > _TO_SCALE * min(lengths):
        return equal, lengths, False
    return [0.0, *(total / sum(lengths) for total in accumulate(lengths))], lengths, True


def _light_s(history: History) -> list[float]:
    """When light from the first node passes each node, in s; messages need a plan."""
    if history.plan is None:
        return [0.0] * len(history.nodes)
    return [0.0, *accumulate(link.signal_time_s for link in history.plan.links())]
