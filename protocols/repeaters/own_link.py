"""Tables that describe the links of a chain in place of [link], and the fibre that they say."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from qnet.errors import ParameterError
from qnet.hardware import Fibre, Memory
from qnet.schema import Description, Within, missing
from qnet.schema.values import conflict

if TYPE_CHECKING:
    from protocols.repeaters.segment import Segment
    from qnet.plans import Plan

__all__ = ["ATTENUATION_KM", "FLIP", "OwnLink", "hops_of", "sent_note"]

#: Length in km over which a fibre loses all but 1/e of the light: 0.2 dB/km, and a little more.
ATTENUATION_KM = 22.0

#: Rule of a probability that an outcome is flipped.
FLIP = Within(low=0.0, high=0.5, rule="lie in [0, 0.5]", hint="0.5 is a random bit")

#: Most stations on the way of one link.
MOST_HOPS = 1_000_000

_DB = 10.0 / math.log(10.0)


class OwnLink(Description, ABC):
    """A table that makes the links of a chain itself, with the loss of their fibre."""

    __slots__ = ()

    #: Its name in the file.
    table: ClassVar[str] = ""

    attenuation_km: float | None

    @property
    def attenuation(self) -> float:
        """Attenuation length of the fibre in km."""
        return ATTENUATION_KM if self.attenuation_km is None else self.attenuation_km

    @property
    def attempts_made(self) -> int:
        """Attempts side by side of one link."""
        return 1

    def fibre_transmission(self, length_km: float) -> float:
        """Probability that a photon passes so much of the fibre.

        Args:
            length_km: Length of the fibre.
        """
        return math.exp(-length_km / self.attenuation)

    @property
    @abstractmethod
    def cited(self) -> tuple[str, ...]:
        """Keys of the works that it rests on."""

    @abstractmethod
    def built(self, segment: Segment) -> Plan:
        """The plan of the link of a segment."""

    @abstractmethod
    def words(self, length_km: float) -> str:
        """What the links are, for the line above the figures.

        Args:
            length_km: Length of one.
        """

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures should know of the links, one sentence each."""
        return ()

    def of_segment(
        self, length_km: float | None, fibre: Mapping[str, float], memory: Memory | None
    ) -> dict[str, Any]:
        """What a segment of the chain is made of, by the names of its fields.

        Args:
            length_km: Its length.
            fibre: What [fibre] says: nothing of the loss.
            memory: What [memory] says.

        Raises:
            ParameterError: If there is no length, or [fibre] says another loss.
        """
        if not length_km:
            raise missing("chain.length_km", 1000.0)
        if "loss_db_per_km" in fibre:
            loss = fibre["loss_db_per_km"]
            raise conflict("fibre.loss_db_per_km", loss, f"{self.table}.attenuation_km")
        own = replace(Fibre(loss_db_per_km=_DB / self.attenuation), **fibre)
        return {
            "scheme": self.table.replace("_", "-"),
            "fibre": own,
            "memory": memory or Memory(),
            "length_km": length_km,
            "modes": self.attempts_made,
            "hardware": self,
        }


def sent_note(what: str, comes: str, table: str) -> str:
    """What a delivery of links past stations is: the next is sent before one is there.

    Args:
        what: What is sent.
        comes: What it does where it gives a pair.
        table: Name of the table.
    """
    return (
        f"a {what} follows another every {table}.station_time_s: the delivery time counts from one "
        f"that {comes} to the next, and latency_s (--json) is the time that each is on its way"
    )


def hops_of(length_km: float, spacing_km: float, field: str) -> int:
    """Number of equal pieces, none longer than the spacing.

    Raises:
        ParameterError: If they are too many.

    Examples:
        >>> hops_of(1000.0, 1.0, "one_way.spacing_km"), hops_of(10.0, 3.0, "one_way.spacing_km")
        (1000, 4)
    """
    pieces = length_km / spacing_km
    if pieces > MOST_HOPS:
        hint = f"at most {MOST_HOPS} stations: space them more widely"
        raise ParameterError(field, f"suit {length_km:g} km", spacing_km, hint)
    return max(1, math.ceil(pieces - 1e-9 * max(1.0, pieces)))
