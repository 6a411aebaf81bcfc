"""Space-time diagrams of one delivered pair: attempts, waiting qubits and messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from qnet.engines.timeline import PairRecord
from qnet.figures.pair_history import Half, History
from qnet.figures.style import COLOURS, new_axes, style, time_unit
from qnet.plans.base import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Diagram", "lanes", "space_time_diagram"]

#: More attempts than this in one generation are drawn without ticks.
_MOST_TICKS = 60

#: Distance between the lanes of a node, where it has few.
_LANE = 0.16

#: Reach of the lanes of a node, where it has many.
_REACH = 0.42

#: Form and size of the marks of a measurement.
_FORMS = {"swap": ("x-", 7), "distillation": ("s-", 5)}

_BAR = {"lw": 6, "color": "#9db8cf", "solid_capstyle": "butt", "zorder": 1.5}


def space_time_diagram(
    records: Iterable[PairRecord],
    *,
    plan: Plan | None = None,
    names: Sequence[str] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw the history of one delivered pair: nodes down the page, time to the right.

    Every memory has a lane beside its node. Thin lines with ticks are attempts; two dots joined by
    a dotted line are a herald; thick bars are qubits that wait; a cross joins the two lanes of a
    Bell measurement, a square those of a distillation; slanted dashed lines are classical messages;
    two stars are the ends of the delivered pair.

    Args:
        records: The timeline of one delivery (``qnet.timeline``).
        plan: What was played; with it the messages are drawn, where the plan lets them take time.
        names: What the nodes are called, left to right; Alice, stations and Bob unless given.
        ax: Where to draw; a new figure when None.

    Returns:
        The axes. Each artist has a ``gid`` that says what it shows: ``attempts``, ``herald``,
        ``wait``, ``swap``, ``distillation``, ``message`` or ``delivery``.

    Raises:
        ParameterError: If there are no records, or not all and only those of one delivery.

    Examples:
        >>> from qnet import Link, Swap, timeline
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.3, attempt_time_s=1e-3, state=werner(0.98))
        >>> axes = space_time_diagram(timeline(Swap(left=link, right=link), seed=1))
        >>> axes.get_xlabel()
        'time (ms)'
    """
    history = History(records, plan, names)
    with style():
        if ax is None:
            ax = new_axes(8.0, 1.4 + 0.5 * len(set(lanes(history).values())) ** 0.9)
        Diagram(history, ax).draw()
    return ax


class Diagram:
    """Draws one history on axes; times are in the unit of the axes.

    Args:
        history: What to draw.
        ax: Where to draw.
    """

    def __init__(self, history: History, ax: Axes) -> None:
        self.history, self.ax = history, ax
        self.lanes = lanes(history)
        self.unit, self.symbol = time_unit(history.ready_s - history.begun_s)

    def draw(self) -> None:
        """Draw everything."""
        for record in self.history.links:
            self.generation(record)
        for measured in self.history.measurements:
            form, size = _FORMS[measured.kind]
            for halves in measured.halves:
                heights = [self.lanes[half] for half in halves]
                self.line(measured.kind, [measured.time_s] * 2, heights, form, markersize=size)
        for message in self.history.messages:
            times = [message.sent_s, message.arrives_s]
            nodes = [message.origin, message.target]
            self.line("message", times, nodes, "--", lw=1.0, color="0.3")
        last = self.history.last
        for side in ("left", "right"):
            height = self.lanes[self.history.half(last, side)]
            self.line("delivery", [last.ready_s], [height], "*", markersize=11)
        self.frame()

    def generation(self, record: PairRecord) -> None:
        """Attempts, herald, and the wait of both qubits."""
        attempts = record.attempts or 1
        times = [record.begun_s, record.ready_s]
        if attempts <= _MOST_TICKS:
            step = (record.ready_s - record.begun_s) / attempts
            times = [record.begun_s + k * step for k in range(attempts + 1)]
        halves = [Half(record.pair, side) for side in ("left", "right")]
        heights = [self.lanes[half] for half in halves]
        for half, height in zip(halves, heights, strict=True):
            self.line(
                "attempts", times, [height] * len(times), "|-", color="0.6", lw=0.8, markersize=4
            )
            until = self.history.used_s(half)
            self.line("wait", [record.ready_s, until], [height] * 2, "-", **_BAR)
        self.line("herald", [record.ready_s] * 2, heights, "o:", lw=1.2, markersize=4)

    def line(self, gid: str, times: list[float], heights: Any, form: str, **how: Any) -> None:  # noqa: ANN401
        """Draw a line over times in s."""
        how = {"color": COLOURS[0], **how}
        self.ax.plot([t / self.unit for t in times], heights, form, gid=gid, **how)

    def frame(self) -> None:
        """Axes, names of the nodes, and the legend."""
        nodes = self.history.nodes
        self.ax.set_yticks(list(nodes), [self.history.name(node) for node in nodes])
        self.ax.set_ylim(nodes[-1] + 0.5, nodes[0] - 0.5)
        self.ax.set_xlabel(f"time ({self.symbol})")
        self.legend(fontsize="small")

    def legend(self, *, middle: float = 0.5, columns: int = 4, **how: Any) -> None:  # noqa: ANN401
        """What the lines mean, above the axes.

        Args:
            middle: Place of its middle, as a share of the width.
            columns: Number of columns.
            how: Options of ``Axes.legend``.
        """
        seen = {line.get_gid(): line for line in reversed(self.ax.lines)}
        shown = [gid for gid in _MEANING if gid in seen]
        self.ax.legend(
            [seen[gid] for gid in shown],
            [_MEANING[gid] for gid in shown],
            loc="lower center",
            bbox_to_anchor=(middle, 1.0),
            ncols=columns,
            **how,
        )


def lanes(history: History) -> dict[Half, float]:
    """Height of the lane of every elementary qubit: near its node, one more per copy."""
    spacing = min(_LANE, _REACH / (1 + max(history.copies.values())))
    places = {}
    for record in history.links:
        # What leaves a node to the right is drawn below it, towards the next node.
        for node, side, way in ((record.left_node, "left", 1), (record.right_node, "right", -1)):
            half = Half(record.pair, side)
            places[half] = node + way * spacing * (history.copies[half] + 1)
    return places


_MEANING = {
    "attempts": "attempts",
    "herald": "herald",
    "wait": "qubit waits",
    "swap": "Bell measurement",
    "distillation": "distillation",
    "message": "classical message",
    "delivery": "delivered pair",
}
