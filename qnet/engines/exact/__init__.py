"""The exact engine: delivery time and state of a plan, computed or bracketed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.engines.exact.about import ENGINE as ENGINE
    from qnet.engines.exact.atoms import running as running
    from qnet.engines.exact.coarse import (
        MOST_COARSE_STEPS as MOST_COARSE_STEPS,
        Played as Played,
        grid_remark as grid_remark,
        play_gridded as play_gridded,
    )
    from qnet.engines.exact.delivery_quantiles import (
        Promise as Promise,
        pairs_within as pairs_within,
        promised_bits as promised_bits,
        promised_pairs as promised_pairs,
        time_for as time_for,
    )
    from qnet.engines.exact.engine import play_exact as play_exact
    from qnet.engines.exact.grid import Grid as Grid, time_step as time_step
    from qnet.engines.exact.representation import (
        Carrier as Carrier,
        FullCarrier as FullCarrier,
        aged as aged,
        carrier_of as carrier_of,
    )
    from qnet.engines.exact.result import (
        DeliveryLaw as DeliveryLaw,
        ExactResult as ExactResult,
        GridResult as GridResult,
    )
    from qnet.engines.exact.series import Join as Join
    from qnet.engines.exact.solver import Solver as Solver
    from qnet.engines.exact.steps import ExactInRounds as ExactInRounds, ExactStep as ExactStep
    from qnet.engines.exact.table import STEPS as STEPS
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
