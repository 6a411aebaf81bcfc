"""Splits of rounds: what most checks of counts are, two sets of classes, one within the other."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import ShareOfRounds
from protocols.qkd.e91 import E91
from protocols.qkd.outcome_table import OutcomeTable
from protocols.qkd.protocol import QkdProtocol, SiftedKey, detected
from qnet.errors import ParameterError

__all__ = ["Mask", "RoundsSeen", "SplitShare"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RoundsSeen:
    """Classes of rounds as the users see them.

    Args:
        device: The device, as its users describe it.
        table: The classes.
    """

    device: DeviceUnderTest
    table: OutcomeTable

    def column(self, name: str) -> NDArray[np.uint8]:
        """One value per class.

        Raises:
            ParameterError: If rounds have no such column.
        """
        if name not in self.table.columns:
            hint = f"rounds of {self.device.protocol.name} have none"
            raise ParameterError("device", f"have {name}", self.device.protocol.name, hint)
        return np.asarray(self.table.columns[name])

    @property
    def protocol(self) -> QkdProtocol:
        """What is played, of any kind."""
        return self.device.protocol

    @property
    def everything(self) -> Mask:
        """All classes."""
        return np.ones(len(self.table.probabilities), dtype=bool)

    @property
    def clicks(self) -> Mask:
        """Classes with a click at each end that measures."""
        return detected(self.table.columns) & ~self.table.undetected

    @property
    def sifted(self) -> SiftedKey:
        """What the public discussion makes of the classes."""
        return self.device.protocol.sift(self.table.columns)

    @property
    def other_basis(self) -> Mask:
        """Clicks in different bases.

        Raises:
            ParameterError: If such rounds test the CHSH inequality.
        """
        if isinstance(self.protocol, E91):
            name, hint = self.protocol.name, "other settings serve the CHSH test there"
            raise ParameterError("device", "leave clicks in different bases unused", name, hint)
        return self.clicks & (self.column("basis_alice") != self.column("basis_bob"))

    def of_intensity(self, number: int) -> Mask:
        """Classes of an intensity, the signal being 0; all are signals where there is one.

        Raises:
            ParameterError: If the source has no such intensity.
        """
        if number >= max(len(self.device.intensities), 1):
            hint = "give [source] more intensities"
            raise ParameterError("device", f"have intensity {number}", number, hint)
        if "intensity" not in self.table.columns:
            return self.everything
        return np.asarray(self.column("intensity") == number)


@dataclass(frozen=True, kw_only=True)
class SplitShare(ShareOfRounds):
    """A share of classes of rounds among others, both as the users see them."""

    @abstractmethod
    def split(self, seen: RoundsSeen) -> tuple[Mask, Mask]:
        """Which classes are trials, and which of them events.

        Raises:
            ParameterError: If the device has no such rounds.
        """

    def weights(
        self, device: DeviceUnderTest, table: OutcomeTable
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The split as weights of zero and one."""
        trials, events = self.split(RoundsSeen(device, table))
        return trials.astype(np.float64), events.astype(np.float64)
