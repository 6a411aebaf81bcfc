"""Rules by which the counts of slots become secret bits of a block."""

from __future__ import annotations

from abc import ABC, abstractmethod

from protocols.key_rates.result import KeyRate
from protocols.satellite.slots import SlotTable
from qnet.space.earth import Floats

__all__ = ["KeyRule"]


class KeyRule(ABC):
    """What a slot counts on average, and the key of what a block of them counts.

    Counts add up: those of a pass are the sum over its slots, those of a block the sum over its
    passes. They have the shape ``(2, columns)``: events, then errors; what the columns are is the
    rule's own.
    """

    #: Name of the security analysis.
    model: str
    #: Keys, in ``qnet.references.REFERENCES``, of the works on it.
    references: tuple[str, ...]

    @property
    def drawn_with(self) -> int | None:
        """Seed of the counts; None where nothing is drawn."""
        return None

    @abstractmethod
    def counts(self, slots: SlotTable) -> Floats:
        """Mean counts of each slot under a clear sky, shape ``(slots, 2, columns)``."""

    @abstractmethod
    def key(self, counts: Floats) -> KeyRate:
        """The key of one block, ``secret_bits``, from its counts, shape ``(2, columns)``."""

    def pass_figures(self, counts: Floats) -> dict[str, float | None]:
        """What else is told of a pass, from its counts, shape ``(2, columns)``; nothing, unless."""
        return {}

    @abstractmethod
    def sifted_bits(self, counts: Floats) -> Floats:
        """Sifted bits that key is made of, of counts ``(..., 2, columns)``, shape ``(...)``."""

    @abstractmethod
    def wrong_bits(self, counts: Floats) -> Floats:
        """Errors among them, shape ``(...)``."""
