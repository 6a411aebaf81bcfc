"""Table of the attacks on implementations: one file and one line each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protocols.certification.attacks.intercept_resend import InterceptResendAttack
from protocols.certification.attacks.model import AttackModel
from qnet.errors import check_one_of

__all__ = ["ATTACKS", "attack_of"]

_MODELS: tuple[AttackModel, ...] = (InterceptResendAttack(),)

#: Attacks by name.
ATTACKS: Mapping[str, AttackModel] = MappingProxyType({each.name: each for each in _MODELS})


def attack_of(name: str) -> AttackModel:
    """The attack of this name.

    Raises:
        UnknownNameError: If there is none, with the nearest that is.

    Examples:
        >>> attack_of("intercept-resend").sub_layer
        'Q1 optics'
    """
    return ATTACKS[check_one_of("attack", name, ATTACKS)]
