"""The exact engine: delivery time and state of a plan, computed or bracketed."""

from qnet.engines.exact.coarse import MOST_COARSE_STEPS, Played, grid_remark, play_gridded
from qnet.engines.exact.delivery_quantiles import Promise, pairs_within, promised_bits
from qnet.engines.exact.engine import play_exact
from qnet.engines.exact.grid import Grid, time_step
from qnet.engines.exact.representation import Carrier, aged, carrier_of
from qnet.engines.exact.result import ExactResult, GridResult
from qnet.engines.exact.series import Join
from qnet.engines.exact.solver import Solver
from qnet.engines.exact.steps import ExactInRounds, ExactStep
from qnet.engines.exact.table import STEPS

__all__ = [
    "MOST_COARSE_STEPS",
    "STEPS",
    "Carrier",
    "ExactResult",
    "ExactStep",
    "Grid",
    "GridResult",
    "Join",
    "ExactInRounds",
    "Played",
    "Promise",
    "Solver",
    "aged",
    "carrier_of",
    "grid_remark",
    "pairs_within",
    "play_exact",
    "play_gridded",
    "promised_bits",
    "time_step",
]
