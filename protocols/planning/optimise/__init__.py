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

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.planning.optimise.log import TrialLog as TrialLog
    from protocols.planning.optimise.problem import (
        Problem as Problem,
        given_plan as given_plan,
        improvable as improvable,
        own_space as own_space,
    )
    from protocols.planning.optimise.search import Optimum as Optimum, optimise as optimise
    from protocols.planning.optimise.space import (
        OBJECTIVES as OBJECTIVES,
        Candidate as Candidate,
        Objective as Objective,
        SearchSpace as SearchSpace,
    )
    from protocols.planning.optimise.trial import Evaluator as Evaluator, Trial as Trial
    from qnet.engines.exact import (
        Played as Played,
        grid_remark as grid_remark,
        play_gridded as play_gridded,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
