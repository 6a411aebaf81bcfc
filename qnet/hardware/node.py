"""Nodes: memory, gates and optics together, and their form as a Qiskit target."""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1
from typing import TYPE_CHECKING

from qnet.errors import check_integer
from qnet.hardware.conversion import FrequencyConversion
from qnet.hardware.description import Description, check_part
from qnet.hardware.detector import Detector
from qnet.hardware.gates import Gates
from qnet.hardware.memory import Memory
from qnet.hardware.source import Emitter, PairSource
from qnet.schema import entries

if TYPE_CHECKING:
    from qiskit.transpiler import Target

__all__ = ["Node"]

PERFECT_MEMORY, PERFECT_GATES = Memory(), Gates()
PERFECT_EMITTER, PERFECT_DETECTOR = Emitter(), Detector()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Node(Description):
    """The hardware of a repeater station or end node; every part is perfect unless given.

    Args:
        memory: How stored qubits decay.
        gates: Errors and durations of local operations.
        emitter: The emitter whose photons make the links.
        detector: The detectors of the stations its photons go to.
        conversion: Frequency conversion between emitter and fibre, if any.
        source: The pair source between two such nodes, in the midpoint-source scheme.

    Raises:
        ParameterError: If a part is of another type.

    Examples:
        >>> Node(memory=Memory(t2_s=1.0))
        Node(memory=Memory(t2_s=1.0))
    """

    memory: Memory = PERFECT_MEMORY
    gates: Gates = PERFECT_GATES
    emitter: Emitter = PERFECT_EMITTER
    detector: Detector = PERFECT_DETECTOR
    conversion: FrequencyConversion | None = None
    source: PairSource | None = None

    def __post_init__(self) -> None:
        for entry in entries(Node):
            check_part(entry, getattr(self, entry.name))

    @property
    def arm_efficiency(self) -> float:
        """Probability that an excitation ends as a click, all but the fibre.

        Collection times conversion times detection. The share of heralds that the coincidence
        window keeps (``emitter.window_acceptance``) belongs to the pair, and is not in it.

        Examples:
            >>> node = Node(
            ...     emitter=Emitter(collection_efficiency=0.5),
            ...     conversion=FrequencyConversion(efficiency=0.5),
            ...     detector=Detector(efficiency=0.8),
            ... )
            >>> node.arm_efficiency
            0.2
        """
        conversion = 1.0 if self.conversion is None else self.conversion.efficiency
        return self.emitter.collection_efficiency * conversion * self.detector.efficiency

    def false_click_probability(
        self, arms_per_detector: float = 1.0, stray_photons: float = 0.0
    ) -> float:
        """Probability of a false click of a detector: dark count, converters, background light.

        Args:
            arms_per_detector: Number of arms whose light a detector gets; a half where two
                detectors share the light of one arm.
            stray_photons: Mean number of background photons of an arm in a detection window.

        Examples:
            >>> Node(detector=Detector(dark_count_probability=1e-6)).false_click_probability()
            1e-06
        """
        dark = self.detector.dark_count_probability
        if stray_photons > 0.0:
            seen = arms_per_detector * stray_photons * self.detector.efficiency
            dark -= (1.0 - dark) * expm1(-seen)
        if self.conversion is None:
            return dark
        added = min(1.0, arms_per_detector * self.conversion.noise_probability)
        return dark + added - dark * added

    def to_target(self, num_qubits: int = 2) -> Target:
        """The node as a ``qiskit.transpiler.Target`` with all-to-all ``cx``.

        Gate errors are average gate infidelities. ``t1`` and ``t2`` are the decay times of z
        and of x, y of the memory, all kinds of decay together. Durations are there only when the
        node's gates have one; ``reset`` and ``delay`` never have.

        Args:
            num_qubits: Number of qubits of the node.

        Returns:
            The target, with the one-qubit gates of :mod:`qnet.circuits`, ``cx``, ``measure``,
            ``reset`` and ``delay``.

        Raises:
            ParameterError: If ``num_qubits`` is no whole number above zero.

        Examples:
            >>> target = Node(gates=Gates(two_qubit_depolarizing=0.02)).to_target()
            >>> target["cx"][(0, 1)].error
            0.015
        """
        from qnet.hardware._target import node_target  # Qiskit loads only when asked for

        return node_target(self.gates, self.memory, check_integer("num_qubits", num_qubits))
