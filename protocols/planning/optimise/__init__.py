"""The best plan for given hardware: cut-offs, segments, brightness, distillation, strategy.

Examples:
    >>> from protocols.planning.optimise import SearchSpace, Problem, optimise
    >>> from qnet import Link, Memory
    >>> from qnet.states import werner
    >>> memory = Memory(depolarizing_time_s=60.0)
    >>> pair = {"success_probability": 0.1, "attempt_time_s": 1.0, "state": werner(0.99)}
    >>> link = Link(**pair, left=memory, right=memory)
    >>> optimum = optimise(Problem.of_links(link), SearchSpace(segments=(2,)))
    >>> optimum.best.candidate.cutoffs_s
    (4.0,)
"""

from protocols.planning.optimise.gridded import Played, grid_remark, play_gridded
from protocols.planning.optimise.log import TrialLog
from protocols.planning.optimise.problem import Problem, given_plan, improvable, own_space
from protocols.planning.optimise.search import Optimum, optimise
from protocols.planning.optimise.space import OBJECTIVES, Candidate, Objective, SearchSpace
from protocols.planning.optimise.trial import Evaluator, Trial

__all__ = [
    "OBJECTIVES",
    "Candidate",
    "Evaluator",
    "Objective",
    "Optimum",
    "Played",
    "SearchSpace",
    "Problem",
    "Trial",
    "TrialLog",
    "given_plan",
    "improvable",
    "optimise",
    "own_space",
    "grid_remark",
    "play_gridded",
]
