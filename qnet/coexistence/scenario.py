"""Scenario of a fibre with classical channels alone: noise at a detector, whatever is sent."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from qnet.coexistence.noise import FibreNoise
from qnet.coexistence.spectrum import Coexistence
from qnet.hardware import Detector, Fibre
from qnet.schema import Part, Scenario, check_fields, key, missing

__all__ = ["SharedFibreScenario"]


@dataclass(frozen=True, kw_only=True)
class SharedFibreScenario(Scenario):
    r"""A fibre, classical channels on it, and a detector at its end.

    Args:
        name: What to call it: the name of its file.
        fibre: Its length, and its loss at the quantum wavelength.
        detector: Its efficiency, for the counts.
        coexistence: The classical channels.

    Raises:
        ParameterError: If something is missing or out of range.

    Examples:
        >>> import qnet
        >>> text = 'kind = "coexistence"\nfibre.length_km = 50.0\n[[coexistence.channels]]\n'
        >>> scenario = qnet.loads(text + "wavelength_nm = 1560.0\npower_dbm = 0.0")
        >>> scenario.noise().raman_forward_w > 0.0
        True
    """

    kind: ClassVar[str] = "coexistence"
    worth_of: ClassVar[str] = "transmission over noise counts in a gate"

    name: str = key("scenario", hidden=True, compare=False)
    fibre: Part[Fibre] = key(factory=lambda: Part(Fibre), only=("length_km", "loss_db_per_km"))
    detector: Part[Detector] = key(factory=lambda: Part(Detector), only=("efficiency",))
    coexistence: Coexistence

    def __post_init__(self) -> None:
        check_fields(self)
        if "length_km" not in self.fibre:
            raise missing("fibre.length_km", 50)

    @property
    def lit_fibre(self) -> Fibre:
        """The fibre."""
        return self.fibre.over()

    def noise(self) -> FibreNoise:
        """Noise light at the end of the fibre."""
        efficiency = self.detector.over().efficiency
        return self.coexistence.noise(self.lit_fibre, efficiency=efficiency)

    def worth(self) -> float:
        """Share of the signal that arrives over the noise counts in a gate."""
        counts, signal = self.noise().counts_per_gate, self.lit_fibre.transmission
        return signal / counts if counts > 0.0 else math.inf

    def cited(self) -> Iterator[str]:
        """Keys of the works behind the noise, in ``qnet.references.REFERENCES``."""
        yield from self.coexistence.cited()
