"""Animations of the history of one delivered pair, for lectures."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.engines.timeline import PairRecord
from qnet.errors import ParameterError, check_integer, check_one_of, check_positive
from qnet.figures.chain_scene import ChainScene, shade
from qnet.figures.narration import events, moments
from qnet.figures.pair_history import History
from qnet.figures.spacetime import Diagram
from qnet.figures.style import style, time_unit
from qnet.plans.base import Plan
from qnet.progress import ProgressCallback, note, opened

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.Image import Image

__all__ = ["TIME_SCALES", "SpaceTimeAnimation", "animate_space_time"]

TIME_SCALES = ("linear", "events")

#: What can be read on one row.
_MOST_NODES, _MOST_COPIES = 17, 8

#: All frames of a file are held in memory, 2 MB each.
_MOST_FRAMES = 500

#: A measurement is shown for this part of the frames, a segment that tries blinks as slowly.
_SHOWN, _BLINK = 1 / 20, 2

#: How long the delivered pair is shown, in s.
_HOLD_S = 3.0

#: Colours of the file: enough for the smooth edges of what is drawn.
_COLOURS = 128

#: From here on a colour is white.
_NEARLY_WHITE = 248

_WIDTH_IN, _STAGE_IN, _TEXT_IN = 8.0, 2.4, 0.75


def animate_space_time(
    records: Iterable[PairRecord],
    *,
    plan: Plan | None = None,
    names: Sequence[str] = (),
    frames: int = 120,
    seconds: float = 12.0,
    time: str = "linear",
    title: str = "",
) -> SpaceTimeAnimation:
    """Play the history of one delivered pair: the chain above, its space-time diagram below.

    Above, every station is a box with its memories, every pair an arc that grows lighter the longer
    it has waited since its herald (the oldest herald, of a joined pair). Segments that try to make
    a pair blink, with the number of the attempt; dashed arcs wait for outcomes, which run along the
    fibre as triangles. Below, the diagram of ``space_time_diagram`` grows with the time. Between,
    a clock and what happened last.

    Args:
        records: The timeline of one delivery (``qnet.timeline``).
        plan: What was played; with it lengths and messages are drawn.
        names: What the nodes are called, left to right; Alice, stations and Bob unless given.
        frames: Number of pictures, 2 to 500.
        seconds: How long they play in s, before the last one is held for three seconds.
        time: ``linear``, or ``events``: every phase between two events gets as many frames, and as
            much of the diagram's axis, as any other, so that short messages can be seen beside long
            waits. The figure says so.
        title: What to write above.

    Returns:
        The animation: ``save`` writes it, ``show`` draws one frame.

    Raises:
        ParameterError: If the records are not those of one delivery, if they are of more than 17
            nodes or of more than 8 pairs side by side, if there are fewer than 2 frames or
            more than 500, or if the time scale is unknown.

    Examples:
        >>> from qnet import Link, Swap, timeline
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.3, attempt_time_s=1e-3, state=werner(0.98))
        >>> animation = animate_space_time(timeline(Swap(left=link, right=link), seed=1), frames=20)
        >>> animation.show(19)
        >>> len(animation.times_s)
        20
    """
    history = History(records, plan, names)
    if check_integer("frames", frames, 2) > _MOST_FRAMES:
        hint = "take fewer, over fewer seconds"
        raise ParameterError("frames", f"be at most {_MOST_FRAMES}", frames, hint)
    check_positive("seconds", seconds)
    check_one_of("time", time, TIME_SCALES)
    if len(history.nodes) > _MOST_NODES:
        hint = "draw a shorter chain, or use space_time_diagram"
        raise ParameterError("nodes", f"be at most {_MOST_NODES}", len(history.nodes), hint)
    copies = 1 + max(history.copies.values())
    if copies > _MOST_COPIES:
        hint = "use space_time_diagram"
        raise ParameterError("pairs side by side", f"be at most {_MOST_COPIES}", copies, hint)
    return SpaceTimeAnimation(history, frames=frames, seconds=seconds, time=time, title=title)


class SpaceTimeAnimation:
    """A moving picture of one history; made by ``animate_space_time``.

    Attributes:
        figure: The figure that is drawn on.
        times_s: The time in the history of every frame, shape (frames,), in s.
        seconds: How long the frames play, in s.
    """

    def __init__(
        self, history: History, *, frames: int, seconds: float, time: str, title: str
    ) -> None:
        # Local import: Matplotlib takes long to load.
        from matplotlib.figure import Figure

        self.history, self.seconds = history, seconds
        self.events = events(history)
        self._phases = moments(history)
        self.times_s = self._times(frames, time)
        span = (history.ready_s - history.begun_s) / time_unit(history.ready_s - history.begun_s)[0]
        self._digits = max(4 - len(str(int(span))), 0)
        with style():
            lanes = len(history.links) / (len(history.nodes) - 1) * len(history.nodes)
            heights = [_STAGE_IN, _TEXT_IN, min(1.7 + 0.3 * lanes, 3.6)]
            self.figure: Figure = Figure(figsize=(_WIDTH_IN, sum(heights)), layout="constrained")
            stage, text, below = self.figure.subplots(3, 1, height_ratios=heights)
            if title:
                self.figure.suptitle(title, fontsize="medium", parse_math=False)
            self.stage = ChainScene(history, stage)
            self.diagram = Diagram(history, below)
            self.diagram.draw()
            self._scale(below, time)
            self._now = below.axvline(0.0, color="0.2", lw=1.0, gid="now", marker="")
            self._clock, self._lines = self._texts(text)
            if self.stage.oldest_s > 0.0:
                self._age_bar(stage)
            if not self.stage.to_scale:
                text.text(0.0, -0.05, "fibre not to scale", size=8, color="0.35", va="top")
            self.show(frames - 1)
            self.figure.draw_without_rendering()
            # Once laid out, every frame has the same layout.
            self.figure.set_layout_engine("none")

    def show(self, frame: int) -> None:
        """Draw one frame on the figure.

        Args:
            frame: Its number, from 0; negative numbers count from the end.
        """
        frame = range(len(self.times_s))[frame]
        time_s = float(self.times_s[frame])
        shown = max(int(_SHOWN * len(self.times_s)), 2)
        since_s = float(self.times_s[frame - shown]) if frame >= shown else -np.inf
        if frame == len(self.times_s) - 1:
            since_s = time_s
        self.stage.show(time_s, since_s=since_s, lit=frame // _BLINK % 2 == 0)
        self._reveal(time_s)
        self._tell(time_s)

    def save(self, path: str | PathLike[str], *, progress: ProgressCallback | None = None) -> None:
        """Write the animation as a GIF; the last frame is held.

        Args:
            path: Where to.
            progress: Called with the number of frames drawn and wanted: nearly all of the work.

        Raises:
            ParameterError: If the name does not end in ``.gif``.
        """
        if Path(path).suffix.lower() != ".gif":
            raise ParameterError("path", "end in .gif", str(path), "change the name")
        with opened(progress):
            pictures = []
            for frame in range(len(self.times_s)):
                pictures.append(self._picture(frame))
                if progress is not None:
                    progress(len(pictures), len(self.times_s))
            note(progress, "writing the file")
            self._write(path, pictures)

    def _write(self, path: str | PathLike[str], pictures: Sequence[Image]) -> None:
        """Write pictures of one size as a GIF."""
        # Local import: Pillow takes long to load.
        from PIL.Image import Dither, Quantize

        # One palette for all frames: what does not change then costs nothing.
        seen = _montage(pictures[:: -max(len(pictures) // 12, 1)])
        palette = seen.quantize(_COLOURS, method=Quantize.MAXCOVERAGE)
        values = palette.getpalette() or []
        for place in range(0, len(values), 3):
            # Pillow looks colours up in steps of eight: nearly white would take white's place.
            if min(values[place : place + 3]) >= _NEARLY_WHITE:
                values[place : place + 3] = [255] * 3
        palette.putpalette(values)
        first, *others = (p.quantize(palette=palette, dither=Dither.NONE) for p in pictures)
        milliseconds = 1e3 * self.seconds / len(pictures)
        lasts = [round(milliseconds)] * len(others) + [round(milliseconds + 1e3 * _HOLD_S)]
        first.save(path, "GIF", save_all=True, append_images=others, duration=lasts, loop=0)

    def animation(self) -> FuncAnimation:
        """The animation as Matplotlib's own: for ``to_jshtml`` in a notebook, or another writer.

        Returns:
            A ``matplotlib.animation.FuncAnimation``, the last frame held.
        """
        # Local import: Matplotlib takes long to load.
        from matplotlib.animation import FuncAnimation

        frames = len(self.times_s)
        interval = 1e3 * self.seconds / frames
        played = [*range(frames), *[frames - 1] * round(1e3 * _HOLD_S / interval)]
        return FuncAnimation(self.figure, self.show, frames=played, interval=interval, blit=False)

    def _picture(self, frame: int) -> Image:
        """One frame in pixels."""
        # Local import: Pillow and Matplotlib take long to load.
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from PIL.Image import frombuffer

        self.show(frame)
        canvas = FigureCanvasAgg(self.figure)
        canvas.draw()
        size = canvas.get_width_height()
        return frombuffer("RGBA", size, bytes(canvas.buffer_rgba())).convert("RGB")

    def _times(self, frames: int, time: str) -> Any:  # noqa: ANN401 - an array
        if time == "linear":
            return np.linspace(self.history.begun_s, self.history.ready_s, frames)
        phase = np.linspace(0.0, len(self._phases) - 1, frames)
        return np.interp(phase, np.arange(len(self._phases)), self._phases)

    def _scale(self, ax: Axes, time: str) -> None:
        """The axis of the diagram: a little beyond the history, equal phases if wished."""
        unit = self.diagram.unit
        if time == "linear":
            begun, ready = self.history.begun_s / unit, self.history.ready_s / unit
            margin = 0.02 * (ready - begun)
            ax.set_xlim(begun - margin, ready + margin)
            return
        for line in ax.lines:
            if line.get_gid() == "message":
                # Straight over time is not straight over phases.
                (begun, ended), (here, there) = np.array(line.get_data(), dtype=float)
                line.set_data(np.linspace(begun, ended, 64), np.linspace(here, there, 64))
        phases = np.array(self._phases) / unit
        # Beyond both ends time goes on as in the first and the last phase.
        times = np.array([2 * phases[0] - phases[1], *phases, 2 * phases[-1] - phases[-2]])
        numbers = np.arange(-1.0, len(phases) + 1.0)
        there = partial(np.interp, xp=times, fp=numbers)
        back = partial(np.interp, xp=numbers, fp=times)
        ax.set_xscale("function", functions=(there, back))
        margin = 0.02 * (len(phases) - 1)
        ax.set_xlim(*np.interp([-margin, len(phases) - 1 + margin], numbers, times))
        step = -(-len(phases) // 12)
        ticks = phases[::-step][::-1]
        ax.set_xticks(ticks, [f"{tick:.4g}" for tick in ticks])
        ax.set_xlabel(f"time ({self.diagram.symbol}), not to scale: every phase equally wide")

    def _texts(self, ax: Axes) -> tuple[Any, list[Any]]:
        """A clock and the last three sentences."""
        ax.set_axis_off()
        clock = ax.text(0.0, 0.5, "", size=15, va="center", family="monospace", gid="clock")
        heights = (0.1, 0.5, 0.9)
        lines = [ax.text(0.27, y, "", va="center", gid="sentence", size=11) for y in heights]
        return clock, lines

    def _tell(self, time_s: float) -> None:
        self._clock.set_text(f"{time_s / self.diagram.unit:.{self._digits}f} {self.diagram.symbol}")
        slack = 1e-9 * (self.history.ready_s - self.history.begun_s)
        count = bisect_right([event.time_s for event in self.events], time_s + slack)
        told = self.events[max(count - len(self._lines), 0) : count][::-1]
        for k, line in enumerate(self._lines):
            line.set_text(told[k].sentence if k < len(told) else "")
            now = k < len(told) and told[0].time_s - told[k].time_s <= slack
            line.set_color("black" if now else "0.55")

    def _reveal(self, time_s: float) -> None:
        """Show of the diagram what was until now."""
        # Local import: Matplotlib takes long to load.
        from matplotlib.patches import Rectangle

        ax = self._now.axes
        left, right = ax.get_xlim()
        bottom, top = ax.get_ylim()
        now = time_s / self.diagram.unit
        until = right if time_s >= self.history.ready_s else now
        past = Rectangle((left, bottom), until - left, top - bottom, transform=ax.transData)
        for line in ax.lines:
            if line is not self._now:
                line.set_clip_path(past)
        self._now.set_xdata([now, now])

    def _age_bar(self, ax: Axes) -> None:
        """What the shades mean."""
        bar = ax.inset_axes((0.80, 0.90, 0.18, 0.05))
        oldest, symbol = self.stage.oldest_s / self.diagram.unit, self.diagram.symbol
        bar.imshow([[shade(k / 63) for k in range(64)]], aspect="auto", extent=(0, oldest, 0, 1))
        bar.set_yticks([])
        bar.tick_params(labelsize=8, length=2)
        bar.set_xticks([0, oldest], ["0", f"{oldest:.3g} {symbol}"])
        bar.set_title("since the oldest herald", fontsize=8, pad=2)


def _montage(pictures: Sequence[Image]) -> Image:
    """Pictures of one size below each other."""
    # Local import: Pillow takes long to load.
    from PIL.Image import new

    width, height = pictures[0].size
    result = new("RGB", (width, height * len(pictures)))
    for k, picture in enumerate(pictures):
        result.paste(picture, (0, k * height))
    return result
