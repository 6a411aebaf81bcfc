"""The exact engine: delivery time and state of a plan, computed or bracketed."""

from qnet.engines.exact import pump, steps, swap_asap
from qnet.engines.exact.coarse import MOST_COARSE_STEPS, Played, grid_remark, play_gridded
from qnet.engines.exact.delivery_quantiles import Promise, pairs_within, promised_bits
from qnet.engines.exact.engine import play_exact
from qnet.engines.exact.result import ExactResult, GridResult
from qnet.engines.exact.steps import ExactStep, InRounds
from qnet.engines.exact.table import STEPS

__all__ = [
    "MOST_COARSE_STEPS",
    "STEPS",
    "ExactResult",
    "ExactStep",
    "GridResult",
    "InRounds",
    "Played",
    "Promise",
    "grid_remark",
    "pairs_within",
    "play_exact",
    "play_gridded",
    "promised_bits",
    "pump",
    "steps",
    "swap_asap",
]
