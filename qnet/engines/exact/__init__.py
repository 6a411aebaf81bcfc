"""The exact engine: delivery time and state of a plan, computed or bracketed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.engines.exact.about import ENGINE as ENGINE
    from qnet.engines.exact.delivery_quantiles import (
        Promise as Promise,
        pairs_within as pairs_within,
        promised_bits as promised_bits,
        promised_pairs as promised_pairs,
        time_for as time_for,
    )
    from qnet.engines.exact.engine import play_exact as play_exact
    from qnet.engines.exact.result import ExactResult as ExactResult, GridResult as GridResult
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
