"""Distillation of quadratures: a GG02 link made into a secret key by two parties.

Sifting, estimation of transmission and excess noise, reverse multidimensional reconciliation with
LDPC codes, verification, privacy amplification, every message authenticated. One file per step;
`party` reads like the protocol, and `length` has the rule for the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.postprocessing.quadratures.length import (
        Reconciled as Reconciled,
        composable_gg02 as composable_gg02,
    )
    from protocols.postprocessing.quadratures.party import (
        Distilled as Distilled,
        QuadratureReceiver as QuadratureReceiver,
        QuadratureSender as QuadratureSender,
        distil_quadratures as distil_quadratures,
    )
    from protocols.postprocessing.quadratures.raw import (
        Quadratures as Quadratures,
        QuadratureSettings as QuadratureSettings,
        draw_raw as draw_raw,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
