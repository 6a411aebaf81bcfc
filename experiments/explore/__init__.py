"""The page of ``qnet explore``: sliders, and rate, fidelity and key rate worked out exactly.

One call: the browser asks for ``/point?distance_km=500&...``, :class:`Knobs` checks the query and
writes it as the text of a scenario, :func:`work_out` plays that scenario on the exact engine and
returns plain data, which goes back as JSON. What "copy as scenario" gives is the text that was
played.

Examples:
    >>> from experiments.explore import Knobs, work_out
    >>> found = work_out(Knobs())
    >>> round(found["figures"]["secret_key_rate_hz"]["best"])
    53
"""

from experiments.explore.controls import Knobs
from experiments.explore.point import work_out

__all__ = ["Knobs", "work_out"]
