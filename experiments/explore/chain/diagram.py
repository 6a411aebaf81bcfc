"""Space-time diagrams of one delivery as SVG, for the page."""

from __future__ import annotations

import io
import math
import re
from functools import lru_cache
from threading import Lock
from typing import Any

from experiments.explore.chain.controls import Controls
from qnet.errors import QnetError
from qnet.plans import Plan, SwapAsap

__all__ = ["diagram"]

#: Diagrams that are kept.
_KEPT = 128

#: A delivery that costs more elementary draws is not drawn while a class waits: one by one they
#: take some 30 us each.
_MOST_DRAWS = 1e5

_WIDTH_IN, _HEIGHT_IN, _FONT_PT = 5.5, 4.6, 11.5

#: Matplotlib's settings belong to the process: one diagram at a time.
_ONE = Lock()


@lru_cache(maxsize=_KEPT)
def diagram(controls: Controls, seed: int) -> dict[str, Any]:
    """Draw the delivery of a seed and its history.

    Returns:
        ``svg`` and ``time_s``, when the pair came; or ``refused`` and why.

    Examples:
        >>> diagram(Controls(segments=2, distance_km=100.0), 1)["svg"][:4]
        '<svg'
    """
    # Local imports: Aer, Qiskit and Matplotlib take long to load.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    from qnet.engines import timeline
    from qnet.engines.forecast import forecast
    from qnet.figures import style
    from qnet.figures.pair_history import History
    from qnet.figures.spacetime import Diagram

    plan = controls.chain.plan()
    draws = max(forecast(plan).draws, _worst_draws(plan))
    if draws > _MOST_DRAWS:
        return {"refused": "one delivery takes too many attempts to draw while you wait"}
    try:
        records = timeline(plan, seed=seed)
    except QnetError:
        return {"refused": "hardly a pair comes"}
    drawn_alike = {"svg.fonttype": "none", "svg.hashsalt": "qnet", "font.size": _FONT_PT}
    with _ONE, style(), rc_context(drawn_alike):
        figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN))
        drawn = Diagram(History(records, plan), figure.subplots())
        drawn.draw()
        # As large as the rest: it is read from the last row.
        drawn.legend(middle=0.42, columns=3, handlelength=1.6, columnspacing=1.2)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    svg = re.sub(r"^.*?(?=<svg)", "", out.getvalue(), flags=re.S)
    return {"svg": svg, "time_s": records[-1].ready_s}


def _worst_draws(plan: Plan) -> float:
    """Draws of a swap-asap chain whose swaps fail, if every swap adds one segment.

    Which pairs meet is for chance to say, and a failure loses all that was joined: where the chain
    grows segment by segment, all n - 1 swaps of the longest stretch must succeed in a row.
    """
    if not isinstance(plan, SwapAsap):
        return 0.0
    chance = min(station.success_probability for station in plan.stations)
    count = len(plan.segments)
    return count / chance ** (count - 1) if chance > 0.0 else math.inf
