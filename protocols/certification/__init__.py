"""Certification: attacks on an emulated device, and the statistics that tell whether they show."""

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
    from protocols.certification.device import (
        DeviceUnderTest as DeviceUnderTest,
        Monitors as Monitors,
        QuadratureReceiver as QuadratureReceiver,
    )
    from protocols.certification.observables import (
        OBSERVABLES as OBSERVABLES,
        Observable as Observable,
        ShareOfRounds as ShareOfRounds,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
