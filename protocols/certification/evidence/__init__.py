"""Evidence: files that bind what was tested, by what code, and what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.certification.evidence.files import (
        Verification as Verification,
        read_evidence as read_evidence,
        sign_evidence as sign_evidence,
        verify_evidence as verify_evidence,
        write_evidence as write_evidence,
    )
    from protocols.certification.evidence.junit import to_junit as to_junit
    from protocols.certification.evidence.oscal import to_oscal as to_oscal
    from protocols.certification.evidence.statement import SuiteRun as SuiteRun
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
