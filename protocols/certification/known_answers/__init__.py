"""Known-answer tests: the code that ships, run on inputs whose right outputs are published.

The vectors lie in ``data/``, one file for each family of algorithms, each with its source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.certification.known_answers.algorithms import ALGORITHMS as ALGORITHMS
    from protocols.certification.known_answers.checks import (
        check_family as check_family,
        check_known_answers as check_known_answers,
        is_right as is_right,
    )
    from protocols.certification.known_answers.vectors import (
        FAMILIES as FAMILIES,
        KnownAnswer as KnownAnswer,
        KnownAnswerFamily as KnownAnswerFamily,
        known_answers as known_answers,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
