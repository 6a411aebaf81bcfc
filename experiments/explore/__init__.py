"""The pages of ``qnet explore``: a chain, BB84 with an eavesdropper, and a network.

One call: the browser asks for ``/point?distance_km=500&...``, :class:`Controls` checks the query
and is a chain, :func:`work_out` plays that chain, exactly or else by trajectories, and returns
plain data, which goes back as JSON. What "copy as scenario" gives is the text of the chain that was
played. Each page is a folder: ``answers.py`` says what may be asked, ``settings.py`` what a static
build asks.

Examples:
    >>> from experiments.explore import Controls, work_out
    >>> found = work_out(Controls())
    >>> round(found["figures"]["secret_key_rate_hz"]["best"])
    53
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from experiments.explore.chain.controls import Controls as Controls
    from experiments.explore.chain.point import work_out as work_out
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
