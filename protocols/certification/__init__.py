"""Certification: checks whose results are evidence, known answers, budgets, files for an auditor.

Nothing here certifies: what comes out is evidence for, or against, a requirement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.certification.check_result import (
        DECISIONS as DECISIONS,
        AttackResult as AttackResult,
        CheckResult as CheckResult,
        overall as overall,
    )
    from protocols.certification.evidence.files import (
        read_evidence as read_evidence,
        verify_evidence as verify_evidence,
        write_evidence as write_evidence,
    )
    from protocols.certification.evidence.statement import SuiteRun as SuiteRun
    from protocols.certification.known_answers.checks import (
        check_known_answers as check_known_answers,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
