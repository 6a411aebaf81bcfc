"""Space-time diagram of one delivered pair: who waits where for how long, and for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from qnet.engines.timeline import PairRecord
from qnet.errors import ParameterError
from qnet.figures.style import COLOURS, new_axes, style, time_unit
from qnet.plan.tree import Distill, Plan, Pump, Station, Swap, SwapAsap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["space_time_diagram"]

#: More attempts than this in one generation are drawn without ticks.
_MOST_TICKS = 60

#: Distance between the lanes of a node, where it has few.
_LANE = 0.16

#: Reach of the lanes of a node, where it has many.
_REACH = 0.42

_BAR = {"lw": 6, "color": "#9db8cf", "solid_capstyle": "butt", "zorder": 1.5}

_DISTILLATIONS = ("distill", "pump")


def space_time_diagram(
    records: Iterable[PairRecord], *, plan: Plan | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the history of one delivered pair: nodes down the page, time to the right.

    Every memory has a lane beside its node. Thin lines with ticks are attempts; two dots joined by
    a dotted line are a herald; thick bars are qubits that wait; a cross joins the two lanes of a
    Bell measurement, a square those of a distillation; slanted dashed lines are classical messages;
    two stars are the ends of the delivered pair.

    Args:
        records: The timeline of one delivery (``qnet.timeline``).
        plan: What was played; with it the messages are drawn, where the plan lets them take time.
        ax: Where to draw; a new figure when None.

    Returns:
        The axes. Each artist has a ``gid`` that says what it shows: ``attempts``, ``herald``,
        ``wait``, ``swap``, ``distillation``, ``message`` or ``delivery``.

    Raises:
        ParameterError: If there are no records.

    Examples:
        >>> from qnet import Link, Swap, timeline
        >>> from qnet.pairs import werner
        >>> link = Link(success_probability=0.3, attempt_time_s=1e-3, state=werner(0.98))
        >>> axes = space_time_diagram(timeline(Swap(left=link, right=link), seed=1))
        >>> axes.get_xlabel()
        'time / ms'
    """
    history = {record.pair: record for record in records}
    if not history:
        raise ParameterError("records", "hold at least one pair", 0, "give qnet.timeline(...)")
    with style():
        lanes = _lanes(history)
        if ax is None:
            ax = new_axes(8.0, 1.4 + 0.5 * len(set(lanes.values())) ** 0.9)
        _Diagram(history, lanes, plan, ax).draw()
    return ax


class _Half(NamedTuple):
    """One qubit of an elementary pair."""

    pair: str
    side: str


def _lanes(history: dict[str, PairRecord]) -> dict[_Half, float]:
    """Height of the lane of every elementary qubit: near its node, one more per copy."""
    copies: dict[tuple[int, str], list[_Half]] = defaultdict(list)
    for record in history.values():
        if record.step == "link":
            # What leaves a node to the right is drawn below it, towards the next node.
            copies[record.left_node, "below"].append(_Half(record.pair, "left"))
            copies[record.right_node, "above"].append(_Half(record.pair, "right"))
    spacing = min(_LANE, _REACH / max(map(len, copies.values())))
    return {
        half: node + (spacing if where == "below" else -spacing) * (k + 1)
        for (node, where), halves in copies.items()
        for k, half in enumerate(halves)
    }


class _Diagram:
    """Draws one history on axes; times are in the unit of the axes."""

    def __init__(
        self,
        history: dict[str, PairRecord],
        lanes: dict[_Half, float],
        plan: Plan | None,
        ax: Axes,
    ) -> None:
        self.history, self.lanes, self.plan, self.ax = history, lanes, plan, ax
        self.root = min(history, key=len)
        self.links = [record for record in history.values() if record.step == "link"]
        start = min(record.begun_s for record in self.links)
        end = history[self.root].ready_s
        self.unit, self.symbol = time_unit(end - start)

    def draw(self) -> None:
        for record in self.links:
            self.generation(record)
        for record in self.history.values():
            step = _node_of(self.plan, self.root, record.pair)
            if record.step == "swap":
                self.swap(record, step if isinstance(step, Swap) else None)
            elif record.step == "swap-asap":
                self.swap_asap(record, step if isinstance(step, SwapAsap) else None)
            elif record.step in _DISTILLATIONS:
                self.distillation(record, step if isinstance(step, Distill | Pump) else None)
        last = self.history[self.root]
        for side in ("left", "right"):
            height = self.lanes[self.half(last, side)]
            self.line("delivery", [last.ready_s], [height], "*", markersize=11)
        self.frame(last)

    def generation(self, record: PairRecord) -> None:
        """Attempts, herald, and the wait of both qubits."""
        attempts = record.attempts or 1
        times = [record.begun_s, record.ready_s]
        if attempts <= _MOST_TICKS:
            step = (record.ready_s - record.begun_s) / attempts
            times = [record.begun_s + k * step for k in range(attempts + 1)]
        heights = [self.lanes[_Half(record.pair, side)] for side in ("left", "right")]
        for side, height in zip(("left", "right"), heights, strict=True):
            self.line(
                "attempts", times, [height] * len(times), "|-", color="0.6", lw=0.8, markersize=4
            )
            until = self.used(record, side)
            self.line("wait", [record.ready_s, until], [height] * 2, "-", **_BAR)
        self.line("herald", [record.ready_s] * 2, heights, "o:", lw=1.2, markersize=4)

    def swap(self, record: PairRecord, step: Swap | None) -> None:
        left, right = (self.history[name] for name in record.made_of)
        heights = [self.lanes[self.half(left, "right")], self.lanes[self.half(right, "left")]]
        self.line("swap", [left.right_until_s] * 2, heights, "x-", markersize=7)
        if step is not None and step.classical_latency:
            travel = step.left.signal_time_s, step.right.signal_time_s
            self.messages(record, left.right_node, left.right_until_s, step.station, travel)

    def swap_asap(self, record: PairRecord, step: SwapAsap | None) -> None:
        parts = [self.history[name] for name in record.made_of]
        for k, (left, right) in enumerate(pairwise(parts)):
            heights = [self.lanes[self.half(left, "right")], self.lanes[self.half(right, "left")]]
            self.line("swap", [left.right_until_s] * 2, heights, "x-", markersize=7)
            if step is not None and step.classical_latency:
                times = [segment.signal_time_s for segment in step.segments]
                travel = sum(times[: k + 1]), sum(times[k + 1 :])
                station = step.stations[k]
                self.messages(record, left.right_node, left.right_until_s, station, travel)

    def distillation(self, record: PairRecord, step: Distill | Pump | None) -> None:
        """Joined squares of the kept and a spent pair at each end, at every comparison."""
        kept, *spent = (self.history[name] for name in record.made_of)
        for pair in spent:
            when = pair.left_until_s
            for side in ("left", "right"):
                heights = [self.lanes[self.half(p, side)] for p in (kept, pair)]
                self.line("distillation", [when] * 2, heights, "s-", markersize=5)
            if step is not None and step.classical_latency:
                travel = step.pair.signal_time_s
                sent = when + step.overhead_s - travel
                nodes = [record.left_node, record.right_node]
                for there in (nodes, nodes[::-1]):
                    self.line("message", [sent, sent + travel], there, "--", lw=1.0, color="0.3")

    def messages(
        self,
        record: PairRecord,
        node: int,
        measured: float,
        station: Station,
        travel: tuple[float, float],
    ) -> None:
        """The outcome of a Bell measurement, sent to both ends of the new pair."""
        sent = measured + station.duration_s
        for there, time in zip((record.left_node, record.right_node), travel, strict=True):
            self.line("message", [sent, sent + time], [node, there], "--", lw=1.0, color="0.3")

    def half(self, record: PairRecord, side: str) -> _Half:
        """The elementary qubit that is this end of a pair: of its outermost, or its kept, part."""
        while record.made_of:
            kept = record.step in (*_DISTILLATIONS, "multiplex") or side == "left"
            record = self.history[record.made_of[0 if kept else -1]]
        return _Half(record.pair, side)

    def used(self, record: PairRecord, side: str) -> float:
        """When an elementary qubit is measured, or handed over as an end of the delivered pair."""
        me = _Half(record.pair, side)
        while record.pair != self.root:
            longer = self.history[record.pair.rpartition(".")[0]]
            if self.half(longer, side) != me:
                break
            record = longer
        return float(getattr(record, f"{side}_until_s"))

    def line(self, gid: str, times: list[float], heights: Any, form: str, **how: Any) -> None:  # noqa: ANN401
        how = {"color": COLOURS[0], **how}
        self.ax.plot([t / self.unit for t in times], heights, form, gid=gid, **how)

    def frame(self, last: PairRecord) -> None:
        """Axes, names of the nodes, and what the lines mean."""
        nodes = range(last.left_node, last.right_node + 1)
        names = ["Alice", *(f"station {node}" for node in nodes[1:-1]), "Bob"]
        self.ax.set_yticks(list(nodes), names)
        self.ax.set_ylim(nodes[-1] + 0.5, nodes[0] - 0.5)
        self.ax.set_xlabel(f"time / {self.symbol}")
        seen = {line.get_gid(): line for line in reversed(self.ax.lines)}
        shown = [gid for gid in _MEANING if gid in seen]
        self.ax.legend(
            [seen[gid] for gid in shown],
            [_MEANING[gid] for gid in shown],
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            ncols=4,
            fontsize="small",
        )


_MEANING = {
    "attempts": "attempts",
    "herald": "herald",
    "wait": "qubit waits",
    "swap": "Bell measurement",
    "distillation": "distillation",
    "message": "classical message",
    "delivery": "delivered pair",
}


def _node_of(plan: Plan | None, root: str, pair: str) -> Plan | None:
    """The node of the plan that made a pair, from the pair's way down the tree."""
    if plan is None:
        return None
    for digit in pair.removeprefix(root).split(".")[1:]:
        plan = plan.children[int(digit) if len(plan.children) > 1 else 0]
    return plan
