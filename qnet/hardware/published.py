"""Published links: what experiments on the platforms of the presets measured.

A preset is judged by them: it reproduces the link of its platform within the published interval, or
it is called a model with parameters after papers, and not the published hardware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["PUBLISHED_LINKS", "PublishedLink"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLink:
    """One link of a paper, between two matter qubits.

    Args:
        reference: Key of the paper in :data:`qnet.references.REFERENCES`.
        setting: What was linked, and how.
        length_km: Length of the fibre.
        fidelity: Fidelity to the wanted Bell state: lowest, best, highest (one standard deviation),
            or None where no number was found.
        success_probability: Heralds per attempt, or None.
        rate_hz: Heralds per second, or None.
        bright_state_population: Setting of a single click, or None.

    Examples:
        >>> PUBLISHED_LINKS["siv"][0].fidelity
        (0.62, 0.69, 0.76)
    """

    reference: str
    setting: str
    length_km: float
    fidelity: tuple[float, float, float] | None = None
    success_probability: float | None = None
    rate_hz: float | None = None
    bright_state_population: float | None = None

    @property
    def options(self) -> dict[str, float]:
        """Keyword arguments of the link's scheme, to play it with a preset."""
        bright = self.bright_state_population
        return {} if bright is None else {"bright_state_population": bright}

    def allows(self, fidelity: float, success_probability: float, rate_hz: float) -> bool:
        """Whether a model gives this link: fidelity in its interval, rates within a tenth.

        Args:
            fidelity: Of the model.
            success_probability: Of the model.
            rate_hz: Of the model.

        Examples:
            >>> PUBLISHED_LINKS["siv"][0].allows(0.95, 1e-5, 0.1)
            False
        """
        if self.fidelity is not None and not self.fidelity[0] <= fidelity <= self.fidelity[2]:
            return False
        pairs = ((self.success_probability, success_probability), (self.rate_hz, rate_hz))
        return all(told is None or abs(found / told - 1.0) <= 0.1 for told, found in pairs)

    def __str__(self) -> str:
        told = [f"{self.setting}, {self.length_km:g} km"]
        if self.fidelity is not None:
            low, best, high = self.fidelity
            told.append(f"fidelity {best:g} [{low:g}, {high:g}]")
        if self.success_probability is not None:
            told.append(f"{self.success_probability:.2g} heralds per attempt")
        if self.rate_hz is not None:
            told.append(f"{self.rate_hz:g} heralds per second")
        return f"{', '.join(told)} ({self.reference})"


#: By preset. Fidelities are those reported, whatever they contain beside the pair.
PUBLISHED_LINKS: Mapping[str, tuple[PublishedLink, ...]] = MappingProxyType(
    {
        "nv-2019": (
            PublishedLink(
                reference="Humphreys2018",
                setting="two NV centres, single click, alpha 0.3",
                length_km=0.002,
                fidelity=(0.58, 0.60, 0.62),
                rate_hz=39.0,
                bright_state_population=0.3,
            ),
            PublishedLink(
                reference="Humphreys2018",
                setting="two NV centres, single click, alpha 0.05",
                length_km=0.002,
                fidelity=(0.79, 0.81, 0.83),
                rate_hz=6.0,
                bright_state_population=0.05,
            ),
        ),
        "colour-centre": (
            PublishedLink(
                reference="Stolk2024",
                setting="two NV centres, Delft to The Hague, single click, alpha 0.25",
                length_km=25.0,
                fidelity=(0.519, 0.534, 0.549),
                success_probability=7.2e-6,
                bright_state_population=0.25,
            ),
        ),
        "trapped-ion": (
            PublishedLink(
                reference="Krutyanskiy2023",
                setting="two trapped ions 230 m apart",
                length_km=0.23,
                fidelity=(0.822, 0.882, 0.905),
                success_probability=4e-5,
            ),
        ),
        "rubidium-atoms": (
            PublishedLink(
                reference="vanLeent2022",
                setting="two rubidium atoms",
                length_km=33.0,
                fidelity=(0.607, 0.622, 0.637),
            ),
        ),
        "siv": (
            PublishedLink(
                reference="Knaut2024",
                setting="two silicon-29 spins, a loop of deployed fibre",
                length_km=35.0,
                fidelity=(0.62, 0.69, 0.76),
            ),
        ),
        "rare-earth-multimode": (
            PublishedLink(
                reference="LagoRivera2021",
                setting="two crystals, 62 modes, up to",
                length_km=0.05,
                rate_hz=1400.0,
            ),
        ),
    }
)
