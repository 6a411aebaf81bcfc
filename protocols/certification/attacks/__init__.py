"""Attacks on implementations: models on the emulated device, effects in closed form, statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.certification.attacks.intercept_resend import (
        intercepted_fraction_bound as intercepted_fraction_bound,
    )
    from protocols.certification.attacks.model import (
        SILENT as SILENT,
        AttackEffect as AttackEffect,
        AttackModel as AttackModel,
    )
    from protocols.certification.attacks.table import ATTACKS as ATTACKS, attack_of as attack_of
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
