"""Double-click heralding: one photon in each of two rounds at a station half way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from qnet.links.attempt import HeraldedAttempt
from qnet.links.herald import Herald, corrected
from qnet.links.midpoint import MidpointScheme
from qnet.links.scheme import Ends

__all__ = ["DoubleClick"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DoubleClick(MidpointScheme):
    """Heralding by a click in each of two rounds (Barrett and Kok 2005).

    Times are those of `SingleClick`. The second round follows the first at once, without waiting
    for its herald, so both see the same phase between the arms: one that drifts from attempt to
    attempt cancels, one that jitters within the photons does not. Each round has dark counts of its
    own. Arguments are those of every `MidpointScheme`.

    Examples:
        >>> from qnet.hardware import preset
        >>> ions = preset("trapped-ion")
        >>> link = DoubleClick(ions, ions.channel(50.0)).link()
        >>> round(link.success_probability / link.attempt_time_s, 6)
        0.029017
        >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-5)
        >>> for herald in DoubleClick(attempt).heralds():
        ...     print(f"{herald.clicks:14} {herald.correction} {herald.probability:.5f}")
        plus, plus     X 0.00125
        plus, minus    Y 0.00125
        minus, plus    Y 0.00125
        minus, minus   X 0.00125
    """

    scheme: ClassVar[str] = "double-click"
    references: ClassVar[tuple[str, ...]] = ("BarrettKok2005",)
    unused: ClassVar[tuple[str, ...]] = (
        "pair_probability",
        "pair_fidelity",
        "bright_state_population",
    )

    @staticmethod
    def heralds_of(attempt: HeraldedAttempt, ends: Ends, latency_s: float) -> tuple[Herald, ...]:
        """One herald per pattern of clicks."""
        # Local imports: they load Qiskit, which only compiling needs.
        from qnet.circuits.photonic import double_herald
        from qnet.links.station import SIGNS, after_wait, arms, effects, first_round

        # Both rounds see the same drift: it cancels.
        left, right = arms(attempt, (None, None), drift_deg=0.0)
        heralds = []
        for first, pair in first_round(attempt, (0.5, 0.5), drift_deg=0.0).items():
            for second, effect in effects(attempt).items():
                correction = double_herald(first, second)
                if correction is None:
                    continue
                # Photons p, q of memories i, j, which become k, l.
                again = np.einsum("pq,kpi,lqj,ij->kl", effect, left, right, pair, optimize=True)
                again = after_wait(again, ends, latency_s)
                clicks = f"{SIGNS[first]}, {SIGNS[second]}"
                heralds.append(corrected(clicks, correction, again, attempt.window_acceptance))
        return tuple(heralds)
