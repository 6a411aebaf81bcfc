"""Sliders over a figure: what a curve does when a parameter moves, in Jupyter with ipywidgets."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any

from qnet.errors import ParameterError, check_integer, check_real

__all__ = ["Slider", "SlidingFigure", "sliding"]

#: What is said where there are no sliders.
_WITHOUT = (
    "This figure has sliders where ipywidgets is installed: pip install 'qnet-emulator[notebooks]'."
)


@dataclass(frozen=True, slots=True)
class Slider:
    """A parameter that can be moved.

    Args:
        words: What stands beside it, with its unit.
        low: Smallest value.
        high: Largest value.
        start: Where it begins; half-way when None.
        steps: Number of steps from one end to the other.
        is_log: Whether equal steps are equal factors.

    Raises:
        ParameterError: If there is nothing to move between its ends, or it begins outside.

    Examples:
        >>> Slider("cut-off / ms", 1, 100, is_log=True, steps=2).places
        (1.0, 10.0, 100.0)
        >>> Slider("fraction", 0, 1).begin
        0.5
    """

    words: str
    low: float
    high: float
    start: float | None = None
    steps: int = 20
    is_log: bool = False

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            check_real(name, getattr(self, name))
        if self.is_log and self.low <= 0.0:
            raise ParameterError(
                "low", "be above 0 where steps are factors", self.low, "or is_log=False"
            )
        if self.high <= self.low:
            raise ParameterError("high", "be above low", self.high, "exchange them")
        check_integer("steps", self.steps)
        if self.start is not None and not self.low <= self.start <= self.high:
            raise ParameterError("start", "lie between low and high", self.start, "move it there")

    @property
    def places(self) -> tuple[float, ...]:
        """The values that it can have."""
        shares = (k / self.steps for k in range(self.steps + 1))
        if self.is_log:
            ratio = math.log(self.high / self.low)
            values = (self.low * math.exp(share * ratio) for share in shares)
        else:
            values = (self.low + share * (self.high - self.low) for share in shares)
        return tuple(float(f"{value:.6g}") for value in values)

    @property
    def begin(self) -> float:
        """The place where it begins: the one next to ``start``, or the middle one."""
        if self.start is None:
            return self.places[self.steps // 2]
        start = self.start
        return min(self.places, key=lambda place: abs(place - start))


def sliding(draw: Callable[..., object], **sliders: Slider) -> SlidingFigure:
    """A figure that is drawn anew when a slider moves; without ipywidgets, as it begins.

    Args:
        draw: Draws a figure by Matplotlib; called with a value for each slider.
        sliders: The sliders, by the names of its arguments.

    Raises:
        ParameterError: If there is no slider.

    Examples:
        >>> import matplotlib.pyplot as plt
        >>> def line(slope):
        ...     plt.plot([0, 1], [0, slope])
        >>> figure = sliding(line, slope=Slider("slope", 0, 2))
        >>> figure
        figure with sliders: slope = 1
        >>> figure.png[1:4]
        b'PNG'
    """
    if not sliders:
        raise ParameterError("sliders", "be one or more", "none", "or draw the figure yourself")
    figure = SlidingFigure(draw, sliders)
    if not figure.can_move:
        print(_WITHOUT)
    return figure


class SlidingFigure:
    """A figure with its sliders, as a notebook shows it.

    Where sliders cannot be shown, as in a file that was saved, the picture is as it was last.

    Args:
        draw: Draws a figure.
        sliders: The sliders, by the names of its arguments.
    """

    def __init__(self, draw: Callable[..., object], sliders: Mapping[str, Slider]) -> None:
        self.draw, self.sliders = draw, dict(sliders)
        self.values = {name: each.begin for name, each in self.sliders.items()}

    @property
    def can_move(self) -> bool:
        """Whether ipywidgets is there."""
        return find_spec("ipywidgets") is not None

    @property
    def png(self) -> bytes:
        """The figure at the present values, as PNG."""
        # Local import: drawing is slow to load.
        from matplotlib import pyplot as plt

        before = set(plt.get_fignums())
        self.draw(**self.values)
        drawn = plt.gcf()
        stream = io.BytesIO()
        drawn.savefig(stream, format="png", dpi=100, bbox_inches="tight")
        for number in set(plt.get_fignums()) - before:
            plt.close(number)
        return stream.getvalue()

    @cached_property
    def widget(self) -> Any:  # noqa: ANN401 - a widget of ipywidgets, where it is installed
        """The sliders above the picture, as ipywidgets has them."""
        # Local import: optional.
        import ipywidgets

        picture = ipywidgets.Image(value=self.png, format="png")
        picture.layout.max_width = "100%"
        rows = [_slider(ipywidgets, each) for each in self.sliders.values()]

        def move(_: object) -> None:
            self.values = {name: row.value for name, row in zip(self.sliders, rows, strict=True)}
            picture.value = self.png

        for row in rows:
            row.observe(move, names="value")
        return ipywidgets.VBox([*rows, picture])

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self)}
        if self.can_move:
            shown = self.widget._repr_mimebundle_()
            bundle |= {kind: each for kind, each in shown.items() if kind != "text/plain"}
            picture = self.widget.children[-1].value
        else:
            picture = self.png
        return bundle | {"image/png": base64.b64encode(picture).decode()}

    def __repr__(self) -> str:
        told = ", ".join(f"{name} = {value:g}" for name, value in self.values.items())
        return f"figure with sliders: {told}"


def _slider(ipywidgets: Any, slider: Slider) -> Any:  # noqa: ANN401
    """A slider over the places, which draws when it is let go."""
    return ipywidgets.SelectionSlider(
        options=[(f"{place:.4g}", place) for place in slider.places],
        value=slider.begin,
        description=slider.words,
        continuous_update=False,
        style={"description_width": "initial"},
        layout={"width": "28em"},
    )
