"""Described devices of any protocol, and what checks see of them: tables, chances, counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from protocols.certification.device import DeviceUnderTest, Monitors
from protocols.certification.observables import Observable, ShareOfRounds
from protocols.qkd.outcome_table import OutcomeCounts, OutcomeTable
from protocols.qkd.protocol import PrepareAndMeasure, QkdProtocol
from qnet.errors import ParameterError, check_integer
from qnet.hardware import WeakPulses

__all__ = ["Bench", "DescribedDevice", "EventShare", "described"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DescribedDevice(DeviceUnderTest):
    """A device of any protocol of discrete variables; attacks need one that they can act on."""

    def __post_init__(self) -> None:
        protocol: object = self.protocol
        if not isinstance(protocol, QkdProtocol):
            hint = "give a protocol of protocols.qkd, such as BB84()"
            raise ParameterError("protocol", "be a protocol", protocol, hint)

    @property
    def intensities(self) -> tuple[float, ...]:
        """Mean photon numbers of the pulses, the signal first; empty for other sources."""
        source = getattr(self.protocol, "source", None)
        return source.intensities if isinstance(source, WeakPulses) else ()


def described(protocol: QkdProtocol, monitors: Monitors | None = None) -> DescribedDevice:
    """The device of a protocol, with its double clicks counted apart where photons arrive.

    Args:
        protocol: With its line and detectors; its eavesdropper is part of the device.
        monitors: What is watched beside the bits.

    Examples:
        >>> from protocols.qkd import BB84
        >>> described(BB84()).protocol.line.detectors.counts_double_clicks
        True
    """
    if isinstance(protocol, PrepareAndMeasure):
        detectors = replace(protocol.line.detectors, counts_double_clicks=True)
        protocol = replace(protocol, line=replace(protocol.line, detectors=detectors))
    return DescribedDevice(
        protocol=cast(PrepareAndMeasure, protocol), monitors=monitors or Monitors()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventShare:
    """Events among trials of a run.

    Args:
        events: How many.
        trials: Among how many.
    """

    events: int
    trials: int


@dataclass(frozen=True)
class _Weights:
    """How far classes are trials and events, and whether each is wholly so or not at all."""

    trials: Floats
    events: Floats
    whole: bool

    @classmethod
    def of(cls, trials: Floats, events: Floats) -> _Weights:
        both = np.concatenate([trials, events[trials > 0.0]])
        return cls(trials, trials * events, bool(np.isin(both, (0.0, 1.0)).all()))


@dataclass(eq=False)
class Bench:
    """A device, honest or attacked, with its exact tables: chances are read, runs are drawn.

    Args:
        device: The device.
    """

    device: DeviceUnderTest

    def __post_init__(self) -> None:
        self._tables: list[tuple[DeviceUnderTest, OutcomeTable]] = []
        self._weights: dict[str, tuple[int, _Weights]] = {}

    @property
    def table(self) -> OutcomeTable:
        """All classes of rounds of the device as it is used."""
        return self._tables[self._place(self.device)][1]

    @property
    def dead_gates(self) -> int:
        """Gates after a click in which there is none."""
        return self.device.protocol.line.detectors.dead_gates

    def play(self, pulses: int, rng: np.random.Generator) -> OutcomeCounts:
        """Rounds of the device as it is used, by class."""
        return self.table.count(pulses, rng, dead_gates=self.dead_gates)

    def chance(self, observable: Observable) -> tuple[float, float]:
        """Chance of an event per trial, and of a trial per pulse.

        Raises:
            ParameterError: If the device has no such trials.
        """
        if not isinstance(observable, ShareOfRounds):
            return observable.rate(self.device), 1.0
        place, weights = self._of(observable)
        shares = self._tables[place][1].probabilities
        among = float(shares @ weights.trials)
        if among <= 0.0:
            hint = "take another check: its settings never occur"
            raise ParameterError("device", f"have {observable.trial}", observable.name, hint)
        return min(float(shares @ weights.events) / among, 1.0), among

    def draw(
        self,
        observables: Mapping[str, Observable],
        pulses: int,
        rng: np.random.Generator,
        counts: OutcomeCounts | None = None,
    ) -> dict[str, EventShare]:
        """Events and trials of each observable in one run of the device.

        Observables that need the device set otherwise take a run of their own, as long. Of those
        that the device lacks there are no trials.

        Args:
            observables: By name.
            pulses: How many are sent.
            rng: Source of randomness.
            counts: Rounds of the device as it is used, of `play`; drawn unless given.
        """
        total = check_integer("pulses", pulses)
        main = self._place(self.device)
        runs = {} if counts is None else {main: counts}
        found = {}
        for name, observable in observables.items():
            if not isinstance(observable, ShareOfRounds):
                events, trials = observable.observe(self.device, total, rng)
                found[name] = EventShare(events=events, trials=trials)
                continue
            try:
                place, weights = self._of(observable)
            except ParameterError:
                found[name] = EventShare(events=0, trials=0)
                continue
            if place not in runs:
                table = self._tables[place][1]
                runs[place] = table.count(total, rng, dead_gates=self.dead_gates)
            found[name] = _share(weights, runs[place].counts, rng)
        return found

    def _of(self, observable: ShareOfRounds) -> tuple[int, _Weights]:
        """The place of the table that an observable needs, and its weights there."""
        found = self._weights.get(observable.name)
        if found is None:
            ready = observable.prepared(self.device)
            place = self._place(ready)
            trials, events = observable.weights(ready, self._tables[place][1])
            found = place, _Weights.of(trials, np.clip(events, 0.0, 1.0))
            self._weights[observable.name] = found
        return found

    def _place(self, device: DeviceUnderTest) -> int:
        """The place of the table of a device, worked out where it is new."""
        for place, (known, _) in enumerate(self._tables):
            same = known.protocol.line == device.protocol.line
            if known is device or (same and known.protocol.eve == device.protocol.eve):
                return place
        self._tables.append((device, device.protocol.table()))
        return len(self._tables) - 1


def _share(weights: _Weights, counts: NDArray[np.int64], rng: np.random.Generator) -> EventShare:
    """Events and trials among classes; what the classes leave open is drawn."""
    if weights.whole:
        return EventShare(
            events=int(counts[weights.events > 0.0].sum()),
            trials=int(counts[weights.trials > 0.0].sum()),
        )
    trials = rng.binomial(counts, weights.trials)
    given = np.divide(
        weights.events, weights.trials, out=np.zeros_like(weights.trials), where=weights.trials > 0
    )
    return EventShare(
        events=int(rng.binomial(trials, np.clip(given, 0.0, 1.0)).sum()), trials=int(trials.sum())
    )
