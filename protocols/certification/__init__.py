"""Certification: requirements, checks and attacks whose results are evidence, and files of it.

Nothing here certifies: what comes out is evidence for, or against, a requirement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.certification.attacks import (
        ATTACKS as ATTACKS,
        SILENT as SILENT,
        AttackEffect as AttackEffect,
        AttackModel as AttackModel,
        attack_of as attack_of,
    )
    from protocols.certification.catalogue import requirements as requirements
    from protocols.certification.check_result import (
        DECISIONS as DECISIONS,
        AttackResult as AttackResult,
        CheckResult as CheckResult,
        overall as overall,
    )
    from protocols.certification.described import described as described
    from protocols.certification.device import (
        DeviceUnderTest as DeviceUnderTest,
        Monitors as Monitors,
        QuadratureReceiver as QuadratureReceiver,
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
    from protocols.certification.observables import (
        OBSERVABLES as OBSERVABLES,
        Observable as Observable,
        ShareOfRounds as ShareOfRounds,
    )
    from protocols.certification.recorded import read_counts as read_counts
    from protocols.certification.suite import Suite as Suite
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
