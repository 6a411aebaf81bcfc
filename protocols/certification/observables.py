"""Observables: what users count of a device to tell whether it is attacked, by name.

Each is a share: events among trials. Its chance follows from the exact table of the device's
rounds (circuits, pulses, detectors), for an honest device and an attacked one alike; counts are
drawn from the same table.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from protocols.certification.device import DeviceUnderTest
from protocols.qkd.eve import Action, Eve
from protocols.qkd.outcome_table import OutcomeCounts, OutcomeTable
from qnet.errors import ParameterError, check_integer

__all__ = ["OBSERVABLES", "Observable", "ShareOfRounds", "WatchedPulses"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Observable(ABC):
    """A share that users count.

    Args:
        name: Its name.
        event: What is counted.
        trial: Among what.
        tail: Which way an attack moves it: ``"more"``, ``"fewer"`` or ``"either"``.
    """

    name: str
    event: str
    trial: str
    tail: str = "more"

    @abstractmethod
    def rate(self, device: DeviceUnderTest) -> float:
        """The chance of an event per trial.

        Raises:
            ParameterError: If the device has no such trials.
        """

    def trials_per_pulse(self, device: DeviceUnderTest) -> float:
        """How many trials a pulse gives on average."""
        return 1.0

    @abstractmethod
    def observe(
        self, device: DeviceUnderTest, rounds: int, rng: np.random.Generator
    ) -> tuple[int, int]:
        """Events and trials among rounds that are played.

        Args:
            device: Honest or attacked.
            rounds: How many.
            rng: Source of randomness.
        """


@dataclass(frozen=True, kw_only=True)
class ShareOfRounds(Observable):
    """A share that is read from classes of rounds."""

    def prepared(self, device: DeviceUnderTest) -> DeviceUnderTest:
        """The device as it is set for this count."""
        return device

    @abstractmethod
    def weights(self, device: DeviceUnderTest, table: OutcomeTable) -> tuple[Floats, Floats]:
        """How far each class is a trial, and how far a trial of it is an event, each in [0, 1]."""

    def rate(self, device: DeviceUnderTest) -> float:
        """From the exact table of rounds."""
        ready = self.prepared(device)
        table = ready.protocol.table()
        trials, events = self.weights(ready, table)
        among = float(table.probabilities @ trials)
        if among <= 0.0:
            hint = "nothing is ever counted: take a device that has such rounds"
            raise ParameterError("device", f"have {self.trial}", device.protocol.name, hint)
        return float(table.probabilities @ (trials * events)) / among

    def trials_per_pulse(self, device: DeviceUnderTest) -> float:
        """From the exact table of rounds; of Bob's attenuator, of the pulses that it is in for."""
        ready = self.prepared(device)
        table = ready.protocol.table()
        return float(table.probabilities @ self.weights(ready, table)[0])

    def read(
        self, device: DeviceUnderTest, counts: OutcomeCounts, rng: np.random.Generator
    ) -> tuple[int, int]:
        """Events and trials among rounds that were played.

        Args:
            device: Which played them, as `prepared`.
            counts: The rounds by class.
            rng: Decides what the classes leave open.
        """
        trials, events = self.weights(device, counts.table)
        among = rng.binomial(counts.counts, trials)
        return int(rng.binomial(among, np.clip(events, 0.0, 1.0)).sum()), int(among.sum())

    def observe(
        self, device: DeviceUnderTest, rounds: int, rng: np.random.Generator
    ) -> tuple[int, int]:
        """From rounds that are drawn from the table."""
        ready = self.prepared(device)
        dead = ready.protocol.line.detectors.dead_gates
        counts = ready.protocol.table().count(rounds, rng, dead_gates=dead)
        return self.read(ready, counts, rng)


def _clicks(table: OutcomeTable) -> NDArray[np.bool_]:
    return np.asarray(~table.undetected)


@dataclass(frozen=True, kw_only=True)
class ErrorShare(ShareOfRounds):
    """Errors among sifted bits: the QBER."""

    def weights(self, device: DeviceUnderTest, table: OutcomeTable) -> tuple[Floats, Floats]:
        """Sifted classes, and those that are wrong."""
        sifted = device.protocol.sift(table.columns)
        return sifted.kept.astype(float), sifted.wrong.astype(float)


@dataclass(frozen=True, kw_only=True)
class DecoyShare(ShareOfRounds):
    """Clicks among pulses of the weakest intensity that is not empty."""

    def weights(self, device: DeviceUnderTest, table: OutcomeTable) -> tuple[Floats, Floats]:
        """Classes of that intensity, and those that click."""
        means, lit = device.intensities, device.lit
        if len(lit) < 2:
            hint = "give [source] intensities such as [0.5, 0.1]"
            raise ParameterError("device", "have decoy intensities", list(means), hint)
        weakest = min(lit, key=lambda k: means[k])
        return (table.columns["intensity"] == weakest).astype(float), _clicks(table).astype(float)


@dataclass(frozen=True, kw_only=True)
class MismatchedShare(ShareOfRounds):
    """Ones that Bob finds in Z where Alice sent bit 0 in X: one half if her states are right."""

    def weights(self, device: DeviceUnderTest, table: OutcomeTable) -> tuple[Floats, Floats]:
        """Clicks of that setting, and their bit."""
        setting = table.where(basis_alice=1, basis_bob=0, bit_alice=0) & _clicks(table)
        return setting.astype(float), table.columns["bit_bob"].astype(float)


@dataclass(frozen=True, kw_only=True)
class OnesShare(ShareOfRounds):
    """Ones among Alice's bits."""

    def weights(self, device: DeviceUnderTest, table: OutcomeTable) -> tuple[Floats, Floats]:
        """All classes, and her bit."""
        return np.ones(len(table.probabilities)), table.columns["bit_alice"].astype(float)


@dataclass(frozen=True, kw_only=True)
class LateShare(ShareOfRounds):
    """Clicks outside the central time bin."""

    def weights(self, device: DeviceUnderTest, table: OutcomeTable) -> tuple[Floats, Floats]:
        """Clicks; those of photons that Eve shifted are outside, others as the device has it."""
        shifts = _of_action(device.protocol.eve, table, lambda a: a.fakes or a.favours is not None)
        return _clicks(table).astype(float), np.where(shifts, 1.0, device.monitors.late_share)


@dataclass(frozen=True, kw_only=True)
class CloseShare(ShareOfRounds):
    """Sifted bits within the longest dead time of another click."""

    def weights(self, device: DeviceUnderTest, table: OutcomeTable) -> tuple[Floats, Floats]:
        """Sifted classes; close where Eve made a detector click, or by chance."""
        kept = device.protocol.sift(table.columns).kept
        honest = replace(device.protocol, eve=Eve()).table()
        gates = device.monitors.longest_dead_gates - device.protocol.line.detectors.dead_gates
        click = float(honest.probabilities[_clicks(honest)].sum())
        chance = -math.expm1(max(gates, 0) * math.log1p(-min(click, 1.0 - 1e-15)))
        kills = _of_action(device.protocol.eve, table, lambda a: a.dims == 0.0)
        return kept.astype(float), np.where(kills, 1.0, chance)


@dataclass(frozen=True, kw_only=True)
class AttenuatedShare(ShareOfRounds):
    """Clicks among pulses for which Bob has put in his attenuator."""

    def prepared(self, device: DeviceUnderTest) -> DeviceUnderTest:
        """With the attenuator before the detectors."""
        protocol, share = device.protocol, device.monitors.attenuation
        line = replace(protocol.line, transmission=protocol.line.transmission * share)
        eve = protocol.eve.attenuated(share)
        return replace(device, protocol=replace(protocol, line=line, eve=eve))

    def weights(self, device: DeviceUnderTest, table: OutcomeTable) -> tuple[Floats, Floats]:
        """All classes, and those that click."""
        return np.ones(len(table.probabilities)), _clicks(table).astype(float)


@dataclass(frozen=True, kw_only=True)
class DoubleShare(ShareOfRounds):
    """Double clicks among clicks."""

    def prepared(self, device: DeviceUnderTest) -> DeviceUnderTest:
        """With double clicks counted apart."""
        line = device.protocol.line
        detectors = replace(line.detectors, counts_double_clicks=True)
        line = replace(line, detectors=detectors)
        return replace(device, protocol=replace(device.protocol, line=line))

    def weights(self, device: DeviceUnderTest, table: OutcomeTable) -> tuple[Floats, Floats]:
        """Classes that click, and twice."""
        double = table.columns.get("double_bob", np.zeros(len(table.probabilities)))
        return _clicks(table).astype(float), np.asarray(double, dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class ColourShare(ShareOfRounds):
    """Clicks in Z among those of one colour, which Bob's device tells from the others."""

    def weights(self, device: DeviceUnderTest, table: OutcomeTable) -> tuple[Floats, Floats]:
        """Clicks of Eve's first colour; of all where there is none."""
        clicks = _clicks(table)
        first = clicks & _of_action(
            device.protocol.eve, table, lambda a: a.sorts.get("basis_bob", (0.0,))[0] > 0.5
        )
        chosen = first if first.any() else clicks
        return chosen.astype(float), (table.columns["basis_bob"] == 0).astype(float)


def _of_action(eve: Eve, table: OutcomeTable, test: Callable[[Action], bool]) -> NDArray[np.bool_]:
    """Which classes are of an action that passes a test."""
    passes = np.array([test(action) for action in eve.actions()], dtype=bool)
    # Pairs of a down-conversion source have no such column: nobody acts on them.
    acts = table.columns.get("eve", np.zeros(len(table.probabilities), np.uint8))
    return np.asarray(passes[acts])


@dataclass(frozen=True, kw_only=True)
class WatchedPulses(Observable):
    """Clicks of a detector that watches light inside Alice's device, per pulse.

    Args:
        light: ``"injected"``: what enters from outside; ``"sent"``: what her laser makes.
    """

    light: str

    def rate(self, device: DeviceUnderTest) -> float:
        """``1 - (1 - d) <exp(-m mu)>`` over the intensities."""
        watch = device.monitors
        if self.light == "injected":
            dark, seen = watch.watchdog_dark_probability, watch.watchdog_efficiency
            return 1.0 - (1.0 - dark) * math.exp(-seen * device.injected_photons)
        if not device.intensities:
            hint = "give [source] intensities or mean_photon_number"
            raise ParameterError("device", "send weak pulses", device.protocol.name, hint)
        shares = getattr(device.protocol.source, "probabilities", (1.0,))
        dark, means = watch.power_dark_probability, zip(shares, device.intensities, strict=True)
        quiet = math.fsum(share * math.exp(-watch.power_tap * mean) for share, mean in means)
        return 1.0 - (1.0 - dark) * quiet

    def observe(
        self, device: DeviceUnderTest, rounds: int, rng: np.random.Generator
    ) -> tuple[int, int]:
        """Clicks among the pulses."""
        pulses = check_integer("rounds", rounds)
        return int(rng.binomial(pulses, self.rate(device))), pulses


#: Observables by name.
OBSERVABLES: Mapping[str, Observable] = MappingProxyType(
    {
        each.name: each
        for each in (
            ErrorShare(name="qber", event="errors", trial="compared sifted bits"),
            DecoyShare(name="decoy-yield", event="clicks", trial="decoy pulses", tail="fewer"),
            MismatchedShare(
                name="mismatched-bases",
                event="ones",
                trial="clicks in Z of bit 0 in X",
                tail="either",
            ),
            OnesShare(name="ones", event="ones", trial="bits of Alice", tail="either"),
            LateShare(name="late-clicks", event="clicks off the central time bin", trial="clicks"),
            CloseShare(
                name="close-clicks",
                event="bits within the longest dead time of another click",
                trial="sifted bits",
            ),
            AttenuatedShare(
                name="attenuated-clicks", event="clicks", trial="attenuated pulses", tail="fewer"
            ),
            DoubleShare(name="double-clicks", event="double clicks", trial="clicks"),
            ColourShare(
                name="colour-basis",
                event="clicks in Z",
                trial="clicks of one colour",
                tail="either",
            ),
            WatchedPulses(
                name="watchdog", event="clicks of the watchdog", trial="pulses", light="injected"
            ),
            WatchedPulses(
                name="power-monitor",
                event="clicks of the power monitor",
                trial="pulses",
                light="sent",
            ),
        )
    }
)
