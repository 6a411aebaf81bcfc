"""Table of the attacks on implementations: one file and one line each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protocols.certification.attacks.after_gate import AfterGateAttack
from protocols.certification.attacks.beam_splitting import BeamSplittingAttack
from protocols.certification.attacks.biased_bits import BiasedBitsAttack
from protocols.certification.attacks.blinding import BlindingAttack
from protocols.certification.attacks.dead_time import DeadTimeAttack
from protocols.certification.attacks.faked_states import FakedStatesAttack
from protocols.certification.attacks.flawed_modulation import FlawedModulationAttack
from protocols.certification.attacks.intercept_resend import InterceptResendAttack
from protocols.certification.attacks.laser_seeding import LaserSeedingAttack
from protocols.certification.attacks.model import AttackModel
from protocols.certification.attacks.phase_remapping import PhaseRemappingAttack
from protocols.certification.attacks.photon_number_splitting import PhotonNumberSplittingAttack
from protocols.certification.attacks.saturation import SaturationAttack
from protocols.certification.attacks.shot_noise_calibration import ShotNoiseAttack
from protocols.certification.attacks.splitter_colour import SplitterColourAttack
from protocols.certification.attacks.time_shift import TimeShiftAttack
from protocols.certification.attacks.trojan_horse import TrojanHorseAttack
from protocols.certification.attacks.unambiguous_discrimination import (
    UnambiguousDiscriminationAttack,
)
from qnet.errors import check_one_of

__all__ = ["ATTACKS", "attack_of"]

_MODELS: tuple[AttackModel, ...] = (
    InterceptResendAttack(),
    PhotonNumberSplittingAttack(),
    UnambiguousDiscriminationAttack(),
    BeamSplittingAttack(),
    TrojanHorseAttack(),
    FlawedModulationAttack(),
    PhaseRemappingAttack(),
    TimeShiftAttack(),
    FakedStatesAttack(),
    BlindingAttack(),
    AfterGateAttack(),
    DeadTimeAttack(),
    SplitterColourAttack(),
    LaserSeedingAttack(),
    ShotNoiseAttack(),
    SaturationAttack(),
    BiasedBitsAttack(),
)

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
