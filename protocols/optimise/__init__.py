"""The best plan for given hardware: cut-offs, segments, brightness, distillation, strategy.

Examples:
    >>> from protocols.optimise import SearchSpace, Setting, optimise
    >>> from qnet import Link, Memory
    >>> from qnet.pairs import werner
    >>> memory = Memory(depolarizing_time_s=60.0)
    >>> pair = {"success_probability": 0.1, "attempt_time_s": 1.0, "state": werner(0.99)}
    >>> link = Link(**pair, left=memory, right=memory)
    >>> optimum = optimise(Setting.of_links(link), SearchSpace(segments=(2,)))
    >>> optimum.best.candidate.cutoffs_s
    (4.0,)
"""

from protocols.optimise.gridded import Played, grid_remark, play_gridded
from protocols.optimise.log import TrialLog
from protocols.optimise.search import Optimum, optimise
from protocols.optimise.setting import Setting
from protocols.optimise.space import OBJECTIVES, Candidate, Objective, SearchSpace
from protocols.optimise.trial import Evaluator, Trial

__all__ = [
    "OBJECTIVES",
    "Candidate",
    "Evaluator",
    "Objective",
    "Optimum",
    "Played",
    "SearchSpace",
    "Setting",
    "Trial",
    "TrialLog",
    "optimise",
    "grid_remark",
    "play_gridded",
]
