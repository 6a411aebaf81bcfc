"""Telescope of two sites: visibility of weak starlight over a long baseline, with shared pairs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.application import Application
from protocols.applications.needs import Need
from protocols.applications.result import AppFigure, if_finite
from protocols.applications.sensing.ghz_sensors import PHASES, each_row
from protocols.applications.sensing.starlight import CountRates, Starlight
from protocols.applications.sensing.starlight_readouts import (
    bit_effects,
    brought_together,
    by_memories,
    by_shared_photon,
    check_of_bit,
    pairs_of_block,
)
from qnet import schema
from qnet.errors import check_probability
from qnet.estimate import Estimate
from qnet.schema import Whole, Within

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["Telescope"]

#: Units of the information of what is looked for; that of the visibility has none.
_UNITS = {"phase": "1/rad^2", "visibility": ""}

_PHOTONS = Within(low=1e-12, high=1.0, rule="lie in [1e-12, 1]", hint="weak light has below 0.1")


@dataclass(frozen=True, kw_only=True, repr=False)
class Telescope(Application):
    r"""Two telescopes that measure the complex visibility of weak light.

    Compared are the light brought together on one beam splitter, one shared photon for each mode
    (D. Gottesman, T. Jennewein and S. Croke, Phys. Rev. Lett. 109, 070503 (2012)), and memories
    that hold the arrival time of a photon in binary and are read with one pair for each bit (E. T.
    Khabiboulline et al., Phys. Rev. Lett. 123, 070504 (2019)). All information is that per mode.

    Args:
        mean_photons: Photons of a mode, at both sites together.
        visibility: Size of the visibility g.
        source_phase_rad: Phase of the visibility.
        modes: Modes of a block that is held in memories.
        direct_transmission: Of the way from each site to a common beam splitter.

    Examples:
        >>> result = Telescope(mean_photons=0.01, visibility=0.6, modes=3).play()
        >>> [round(result[name].best, 6) for name in (
        ...     "memory_phase_fisher_information", "shared_photon_phase_fisher_information"
        ... )]
        [0.0036, 0.0018]
    """

    name: ClassVar[str] = "telescope"
    title: ClassVar[str] = "visibility of weak starlight at two telescopes"
    cites: ClassVar[tuple[str, ...]] = (
        "Khabiboulline2019",
        "Gottesman2012",
        "BraunsteinCaves1994",
    )

    mean_photons: float = schema.key(1e-3, check=_PHOTONS)
    visibility: float = schema.key(0.6, check=check_probability)
    source_phase_rad: float = schema.key(0.0, check=PHASES)
    modes: int = schema.key(1000, check=Whole(minimum=1, maximum=262_143))
    direct_transmission: float = schema.key(1.0, check=check_probability)

    @property
    def needs(self) -> tuple[Need, ...]:
        """One pair; a block of modes uses one such pair for each bit of the arrival time."""
        return (Need(parties=("telescope-1", "telescope-2")),)

    @property
    def light(self) -> Starlight:
        """One mode of the light."""
        return Starlight(
            mean_photons=self.mean_photons,
            visibility=self.visibility,
            phase_rad=self.source_phase_rad,
        )

    def circuit(self) -> QuantumCircuit:
        """Readout of one bit of the arrival time from the memories of both sites."""
        return check_of_bit()

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Fisher information per mode of each readout, and the pairs that it uses."""
        effects = bit_effects(self.noise)
        readouts: dict[str, tuple[str, Callable[[Array], CountRates]]] = {
            "memory": ("memories", lambda pair: by_memories(effects, pair, self.modes)),
            "shared_photon": ("shared photons", by_shared_photon),
        }
        found = []
        for name, (title, rates) in readouts.items():
            for of in ("phase", "visibility"):
                known = partial(self._known, rates, of == "phase")
                value = delivered.estimate(each_row(known), delivered.joint(), low=0.0)
                found.append(
                    _information(f"{name}_{of}", value, f"{of} information per mode, {title}")
                )
        return (*found, *self._of_light(), *self._pairs())

    def _known(self, rates: Callable[[Array], CountRates], of_phase: bool, pair: Array) -> float:
        return rates(pair).best_information(self.light, of_phase=of_phase)

    def _of_light(self) -> Iterator[AppFigure]:
        """What there is to know, and what light that is brought together tells."""
        rates = brought_together(self.direct_transmission)
        bounds = {
            "phase": self.light.phase_information,
            "visibility": self.light.visibility_information,
        }
        for of, bound in bounds.items():
            direct = rates.best_information(self.light, of_phase=of == "phase")
            title = f"{of} information per mode, direct light"
            yield _information(
                f"direct_{of}",
                Estimate.exact(direct),
                title,
                direct if math.isfinite(direct) else None,
            )
            yield AppFigure(
                name=f"{of}_quantum_fisher_information",
                value=if_finite(Estimate.exact(bound)),
                title=f"{of} information per mode, any readout",
                unit=_UNITS[of],
                meaning="quantum Fisher information of the light, by any readout of both sites",
            )

    def _pairs(self) -> Iterator[AppFigure]:
        """Pairs that are used."""
        pairs, photons = pairs_of_block(self.modes), self.modes * self.mean_photons
        counted = {
            "pairs_per_block": (float(pairs), "pairs for a block of modes in memories"),
            "pairs_per_photon": (pairs / photons, "pairs per photon, with memories"),
            "shared_photon_pairs_per_photon": (
                1.0 / self.mean_photons,
                "shared photons per photon, without memories",
            ),
            "lone_photon_share": (
                (1.0 - self.mean_photons) ** (self.modes - 1),
                "share of photons alone in their block",
            ),
        }
        for name, (value, title) in counted.items():
            yield AppFigure(name=name, value=Estimate.exact(value), title=title)

    def remarks(self) -> Iterator[str]:
        """What was left out."""
        if self.direct_transmission == 1.0:
            yield "direct light is brought together without loss (direct_transmission = 1)"
        if self.modes > 1:
            yield "each photon is taken as if it were alone in its block of modes"


def _information(name: str, value: Estimate, title: str, without: float | None = None) -> AppFigure:
    return AppFigure(
        name=f"{name}_fisher_information",
        value=if_finite(value),
        title=title,
        unit=_UNITS["phase" if name.endswith("phase") else "visibility"],
        meaning="Fisher information per mode, at the best phase shift",
        without_entanglement=without,
    )
