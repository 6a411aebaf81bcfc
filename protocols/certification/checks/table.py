"""Table of the checks of counts: one file and one line each, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protocols.certification.checks.basis_choice import BasisChoice
from protocols.certification.checks.bit_balance import BitBalance
from protocols.certification.checks.chsh_wins import ChshWins
from protocols.certification.checks.click_probability import ClickProbability
from protocols.certification.checks.decoy_ratio import DecoyRatio
from protocols.certification.checks.detector_balance import DetectorBalance
from protocols.certification.checks.error_balance import ErrorBalance
from protocols.certification.checks.error_rate import ErrorRate
from protocols.certification.checks.key_basis_share import KeyBasisShare
from protocols.certification.checks.mismatch_kind import MismatchKind
from protocols.certification.checks.mismatched_x import MismatchedInX
from protocols.certification.checks.sifting_ratio import SiftingRatio
from protocols.certification.checks.signal_choice import SignalChoice
from protocols.certification.checks.vacuum_share import VacuumShare
from protocols.certification.checks.weak_error_rate import WeakErrorRate
from protocols.certification.observables import OBSERVABLES, Observable

__all__ = ["COUNT_CHECKS"]

_SIFTED = "sifted bits"
_OWN: tuple[Observable, ...] = (
    ClickProbability(name="click-probability", event="clicks", trial="pulses", tail="either"),
    SignalChoice(name="signal-choice", event="signals", trial="pulses", tail="either"),
    *(
        BasisChoice(
            name=f"basis-choice-{party}",
            event="of the first basis",
            trial=f"choices of {party.capitalize()}",
            tail="either",
            party=party,
        )
        for party in ("alice", "bob")
    ),
    DecoyRatio(
        name="decoy-ratio", event="decoys", trial="clicks of signals and decoys", tail="either"
    ),
    VacuumShare(name="vacuum-share", event="of the third intensity", trial="clicks", tail="either"),
    SiftingRatio(name="sifting-ratio", event=_SIFTED, trial="clicks", tail="either"),
    KeyBasisShare(name="key-basis-share", event="of the first basis", trial=_SIFTED, tail="either"),
    MismatchKind(
        name="mismatch-kind",
        event="with Alice in her first basis",
        trial="clicks in different bases",
        tail="either",
    ),
    *(
        ErrorRate(
            name=f"qber-{letter.lower()}",
            event="errors",
            trial=f"sifted bits of signals in {letter}",
            basis=number,
        )
        for number, letter in enumerate("ZXY")
    ),
    *(
        WeakErrorRate(
            name=f"error-rate-{name}",
            event="errors",
            trial=f"sifted bits of {name} pulses",
            tail="either",
            intensity=number,
        )
        for number, name in ((1, "decoy"), (2, "vacuum"))
    ),
    *(
        BitBalance(
            name=f"bit-balance-{letter.lower()}",
            event="ones",
            trial=f"sifted bits in {letter} without error",
            tail="either",
            basis=number,
        )
        for number, letter in enumerate("ZXY")
    ),
    ErrorBalance(name="error-balance", event="errors to one", trial="errors", tail="either"),
    DetectorBalance(
        name="detector-balance",
        event="clicks of detector 1",
        trial="clicks in different bases of Alice's ones",
        tail="either",
    ),
    MismatchedInX(
        name="mismatched-x", event="ones", trial="clicks in X of bit 0 in Z", tail="either"
    ),
    ChshWins(name="chsh-wins", event="rounds won", trial="rounds of the CHSH test", tail="fewer"),
)

#: Observables of the attacks that are checks as well; the others would look at the same again.
_SHARED = (
    "mismatched-bases",
    "ones",
    "late-clicks",
    "close-clicks",
    "attenuated-clicks",
    "double-clicks",
    "watchdog",
    "power-monitor",
)

#: Checks of counts by name.
COUNT_CHECKS: Mapping[str, Observable] = MappingProxyType(
    {each.name: each for each in (*_OWN, *(OBSERVABLES[name] for name in _SHARED))}
)
