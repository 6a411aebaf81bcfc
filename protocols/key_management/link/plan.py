"""Plan of an emulated link: its protocol at the length of its edge, its pace, its alarm, its spies.

Both ends and the channel process hold the same plan. What is played is a scenario file of key
distribution; the one that is shipped is BBM92 on Werner pairs made in the middle of the edge.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import qnet.schema
from protocols.postprocessing.settings import DistillationSettings
from protocols.qkd.bases import BASES
from protocols.qkd.eve import Combined, InterceptResend
from protocols.qkd.outcome_table import OutcomeTable, RegisteredRounds
from protocols.qkd.raw_keys import raw_keys
from qnet.errors import (
    ParameterError,
    check_integer,
    check_non_negative,
    check_positive,
    check_probability,
)

if TYPE_CHECKING:
    from protocols.qkd.protocol import QkdProtocol
    from protocols.qkd.scenario import QkdScenario

__all__ = ["LinkPlan", "SpySpell", "spied"]

_SHIPPED = Path(__file__).with_name("bbm92.toml")

#: Sifted bits of the first run and of the largest one; and of those with decoys, whose single
#: photons are counted out of few detections.
_SIZES, _DECOY_SIZES = (40_000, 800_000), (800_000, 3_200_000)

#: Share of the sifted bits that is compared; with decoys.
_TESTED, _DECOYS_TESTED = 0.1, 0.3

#: Least share of the rounds that must be sifted.
_LEAST_SHARE = 1e-9

#: Share of the sifted bits below which all of a basis are compared.
_SELDOM = 0.2

#: Key bits that are enough for some time.
_ENOUGH_BITS = 1 << 21


@dataclass(frozen=True, slots=True, kw_only=True)
class SpySpell:
    """A time in which a spy measures pulses and sends others on.

    Args:
        intercept: Fraction of the pulses.
        from_s: When it begins, in s after the start of the channel.
        to_s: When it ends; never unless given.
    """

    intercept: float
    from_s: float = 0.0
    to_s: float | None = None

    def __post_init__(self) -> None:
        check_probability("intercept", self.intercept)
        check_non_negative("from_s", self.from_s)


def spied(protocol: QkdProtocol, fraction: float) -> QkdProtocol:
    """The protocol with a spy who measures a fraction of the pulses and sends others on.

    She guesses the basis of each among those of the protocol. A protocol whose file has an
    eavesdropper keeps her: the spy comes after.

    Args:
        protocol: What is played.
        fraction: Of the pulses.

    Raises:
        ParameterError: If the protocol has no circuit that a spy could act on.

    Examples:
        >>> from protocols.qkd import BB84
        >>> played = spied(BB84(), 0.4)
        >>> round(played.eve.error_rate("Z"), 12)
        0.1
    """
    if fraction == 0.0:
        return protocol
    bases = {str(basis) for basis in getattr(protocol, "bases", "ZX") or "ZX"}
    spy = InterceptResend(fraction=fraction, bases=tuple(sorted(bases, reverse=True)))
    here = protocol.eve
    quiet = len(here.actions()) == 1 and here.actions()[0].attack is None
    return replace(protocol, eve=spy if quiet else Combined(attacks=(here, spy)))


@dataclass(frozen=True, kw_only=True)
class LinkPlan:
    """What both ends of a link agree on beforehand.

    Args:
        ends: Names of its nodes, in the order of the topology; the first one is Alice.
        protocol: Scenario file of the protocol; the shipped BBM92 unless given.
        length_km: Length of the fibre between the ends, in place of that of the file.
        fibre: Further keys of the fibre, in place of those of the file.
        qber: Error rate of the undisturbed edge; that of the protocol unless given, which it must
            not lie below. The pairs of the shipped BBM92 are made to have it.
        key_rate_hz: Distilled bits per second at which the link goes; as fast as it can unless
            given.
        false_alarm: Probability of a false alarm per day.
        restart_s: Time in s after which a stopped edge tries again; never unless given.
        attacks: Spies of the scenario.
        first_bits: Sifted bits of the first run, on average; as the protocol needs unless given.
        most_bits: Those of the largest run, likewise.
        enough_bits: Key bits in the store of the first end from which on no run begins.

    Raises:
        ParameterError: If a number is out of its range, the protocol is none that gives a key here,
            or a spy cannot be played on it.

    Examples:
        >>> plan = LinkPlan(ends=("A", "B"))
        >>> plan.edge, round(plan.honest, 12)
        ('A--B', 0.02)
        >>> round(LinkPlan(ends=("A", "B"), qber=0.03, length_km=20.0).honest, 12)
        0.03
    """

    ends: tuple[str, str]
    protocol: str | None = None
    length_km: float | None = None
    fibre: Mapping[str, Any] | None = None
    qber: float | None = None
    key_rate_hz: float | None = None
    false_alarm: float = 1e-6
    restart_s: float | None = None
    attacks: tuple[SpySpell, ...] = ()
    first_bits: int | None = None
    most_bits: int | None = None
    enough_bits: int = _ENOUGH_BITS

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", tuple(self.ends))
        if self.key_rate_hz is not None:
            check_positive("key_rate_hz", self.key_rate_hz)
        if self.restart_s is not None:
            check_positive("restart_s", self.restart_s)
        for name in ("first_bits", "most_bits"):
            if getattr(self, name) is not None:
                check_integer(name, getattr(self, name))
        check_integer("enough_bits", self.enough_bits)

    @property
    def edge(self) -> str:
        """The name of the edge."""
        return "--".join(self.ends)

    @cached_property
    def scenario(self) -> QkdScenario:
        """The scenario that is played."""
        path = _SHIPPED if self.protocol is None else Path(self.protocol)
        found: QkdScenario = qnet.schema.load(path, use="play")
        changes = self._changes(found)
        return qnet.schema.load(path, use="play", changes=changes) if changes else found

    @cached_property
    def honest_protocol(self) -> QkdProtocol:
        """The protocol without a spy.

        Raises:
            ParameterError: If it is none of which post-processing here makes a key.
        """
        protocol = getattr(self.scenario, "protocol", None)
        if protocol is None or not hasattr(protocol, "sift"):
            hint = "take bb84, decoy-bb84, six-state or bbm92"
            raise ParameterError("protocol", "be one of rounds", self.protocol, hint)
        found: QkdProtocol = protocol
        return found

    @cached_property
    def honest(self) -> float:
        """Error rate of the undisturbed edge: of its tables, or the one given if that is more."""
        return max(self.error_rate(0.0), self.qber or 0.0)

    def error_rate(self, fraction: float) -> float:
        """Error rate of the bits that are compared where a spy intercepts a fraction of the pulses.

        Of all bases alike, unless all bits of one are compared.

        Args:
            fraction: Of the pulses.

        Raises:
            ParameterError: If no spy can be played on the protocol.

        Examples:
            >>> round(LinkPlan(ends=("A", "B")).error_rate(0.5), 12)
            0.14
        """
        kept, wrong = self._sifted_of(spied(self.honest_protocol, fraction))
        seldom, settings = self.settings.test_basis, self.settings
        weights = np.array([1.0 if basis == seldom else settings.test_fraction for basis in BASES])
        return float(weights @ wrong / (weights @ kept))

    @cached_property
    def sifted_share(self) -> float:
        """Sifted bits per round."""
        return float(self._shares[1].sum())

    @cached_property
    def settings(self) -> DistillationSettings:
        """Settings of the post-processing: how many bits are compared, and of which basis."""
        decoys, kept = self._shares
        is_seldom = kept[1] < _SELDOM * kept.sum()
        return DistillationSettings(
            test_fraction=_DECOYS_TESTED if decoys else _TESTED,
            test_basis="X" if is_seldom else None,
        )

    @cached_property
    def sizes(self) -> tuple[int, int]:
        """Sifted bits of the first run and of the largest one."""
        first, most = _DECOY_SIZES if self._shares[0] else _SIZES
        first = min(first, self.most_bits or first) if self.first_bits is None else self.first_bits
        return first, max(first, most if self.most_bits is None else self.most_bits)

    @cached_property
    def _shares(self) -> tuple[bool, NDArray[np.float64]]:
        """Whether there are decoys; shares of the rounds that are sifted in each basis.

        Raises:
            ParameterError: If nothing is sifted, or the protocol or a spy cannot be played.
        """
        protocol = self.honest_protocol
        alice, _ = raw_keys(protocol, _each_class(protocol.table()))
        for spell in self.attacks:
            try:
                spied(protocol, spell.intercept)
            except ParameterError as error:
                raise ParameterError("attack", error.rule, self.edge, error.hint) from None
        kept, _ = self._sifted_of(protocol)
        if kept.sum() < _LEAST_SHARE:
            rule = f"sift more than {_LEAST_SHARE:g} of its rounds"
            raise ParameterError("protocol", rule, float(kept.sum()), "shorten the fibre")
        return alice.decoys is not None, kept

    @staticmethod
    def _sifted_of(protocol: QkdProtocol) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shares of the rounds that are sifted in each basis, and of those that are wrong."""
        table = protocol.table()
        sifted = protocol.sift(table.columns)
        bases = [sifted.basis == number for number in range(len(BASES))]
        kept, wrong = (
            np.array([table.probabilities[chosen & basis].sum() for basis in bases])
            for chosen in (sifted.kept, sifted.wrong)
        )
        return kept, wrong

    def rounds_of(self, bits: int) -> int:
        """Rounds that give so many sifted bits on average."""
        return max(1, round(bits / self.sifted_share))

    @property
    def digest(self) -> str:
        """What the ends compare, so that both play the same protocol with the same alarm."""
        facts = [self.scenario.digest, self.ends, self.honest, self.false_alarm]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def to_json(self) -> str:
        """The plan as the channel process reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> LinkPlan:
        """The plan that `to_json` wrote.

        Examples:
            >>> plan = LinkPlan(ends=("A", "B"), attacks=(SpySpell(intercept=0.1),))
            >>> LinkPlan.from_json(plan.to_json()) == plan
            True
        """
        values = json.loads(text)
        values["attacks"] = tuple(SpySpell(**each) for each in values["attacks"])
        return cls(**values)

    def _changes(self, found: QkdScenario) -> dict[str, Any]:
        """What is played otherwise than in the file: fibre, and the pairs of the shipped one."""
        changes: dict[str, Any] = {}
        if self.protocol is None and self.qber is not None:
            if self.qber >= 0.5:
                raise ParameterError("qber", "be below 0.5", self.qber, "0.02 is usual")
            changes["pair.werner"] = 1.0 - 2.0 * self.qber
        arms = [name for name in ("fibre", "fibre_alice") if getattr(found, name, None) is not None]
        if self.length_km is not None and not arms:
            arms = ["fibre"]
        given = {name: dict(getattr(found, name, None) or {}) for name in arms}
        whole = sum(float(arm.get("length_km", 0.0)) for arm in given.values())
        for name, arm in given.items():
            share = float(arm.get("length_km", 0.0)) / whole if whole else 1.0 / len(arms)
            if self.length_km is not None:
                changes[f"{name}.length_km"] = self.length_km * share
            for key, value in (self.fibre or {}).items():
                if key == "loss_db_per_km":
                    changes[f"{name}.{key}"] = value
        return changes


def _each_class(table: OutcomeTable) -> RegisteredRounds:
    """One round of each class, for checks of a protocol."""
    classes = np.arange(len(table.probabilities), dtype=np.uint64)
    none = np.zeros(len(classes), np.int64)
    return RegisteredRounds(
        table=table, total=len(classes), classes=classes, number=None, lost=none
    )
