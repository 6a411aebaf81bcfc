"""Gates, readout and initialisation of a node's qubits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qnet.errors import check_non_negative
from qnet.hardware.description import Description, error_probability
from qnet.lazy import loaded
from qnet.schema import key

if TYPE_CHECKING:
    from qiskit.providers import BackendV2

__all__ = ["SINGLE_QUBIT_GATES", "TWO_QUBIT_GATES", "Gates"]

SINGLE_QUBIT_GATES = ("h", "x", "y", "z", "s", "sdg", "t", "sx", "sxdg", "rx", "ry", "rz")
TWO_QUBIT_GATES = ("cx", "cz", "swap")

#: The gates of a device, which are made where its noise is compiled.
_OF_A_DEVICE = "qnet.instrument.device:DeviceGates"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Gates(Description):
    r"""Errors and durations of local operations.

    A gate on a d-dimensional space is followed by :math:`\rho \to (1-\lambda)\rho + \lambda
    I/d`, Aer's ``depolarizing_error(lambda, n)``. NetSquid's one-qubit depolarising probability p,
    :math:`\rho \to (1-3p/4)\rho + (p/4)\sum_P P \rho P`, is the same number: :math:`\lambda = p`.

    Args:
        single_qubit_depolarizing: :math:`\lambda` after each one-qubit gate.
        two_qubit_depolarizing: :math:`\lambda` after each two-qubit gate.
        readout_flip_0: Probability to read 1 when the qubit is 0, P(1|0).
        readout_flip_1: Probability to read 0 when the qubit is 1, P(0|1).
        initialisation_depolarizing: :math:`\lambda` after initialisation to :math:`|0\rangle`.
        single_qubit_time_s: Duration of a one-qubit gate in s.
        two_qubit_time_s: Duration of a two-qubit gate in s.
        readout_time_s: Duration of a measurement in s.

    Raises:
        ParameterError: If a probability lies outside [0, 1] or a time is negative or infinite.

    Examples:
        >>> gates = Gates(two_qubit_depolarizing=0.02)
        >>> gates
        Gates(two_qubit_depolarizing=0.02)
        >>> gates.two_qubit_infidelity
        0.015
    """

    single_qubit_depolarizing: float = error_probability()
    two_qubit_depolarizing: float = error_probability()
    readout_flip_0: float = error_probability()
    readout_flip_1: float = error_probability()
    initialisation_depolarizing: float = error_probability()
    single_qubit_time_s: float = key(0.0, check=check_non_negative)
    two_qubit_time_s: float = key(0.0, check=check_non_negative)
    readout_time_s: float = key(0.0, check=check_non_negative)

    @classmethod
    def from_backend(cls, backend: BackendV2, qubits: Sequence[int] | None = None) -> Gates:
        """The gates of two qubits of a device, with their own errors in its native gates.

        Args:
            backend: Any ``BackendV2``.
            qubits: Two of its qubits, coupled directly; ``None`` takes those with the least errors.

        Returns:
            A ``DeviceGates`` of ``qnet.instrument``, which says how it is played.

        Raises:
            ParameterError: If it is no backend, or the qubits are not two that it couples.

        Examples:
            >>> from qiskit.providers.fake_provider import GenericBackendV2
            >>> 0.0 < Gates.from_backend(GenericBackendV2(5, seed=1)).two_qubit_infidelity < 0.02
            True
        """
        made: type[Gates] = loaded(_OF_A_DEVICE)
        return made.from_backend(backend, qubits)

    @property
    def single_qubit_infidelity(self) -> float:
        r"""Average gate infidelity :math:`\lambda (1 - 1/2)` (Nielsen, arXiv:quant-ph/0205035).

        Examples:
            >>> Gates(single_qubit_depolarizing=0.02).single_qubit_infidelity
            0.01
        """
        return self.single_qubit_depolarizing / 2.0

    @property
    def two_qubit_infidelity(self) -> float:
        r"""Average gate infidelity :math:`\lambda (1 - 1/4)` (Nielsen, arXiv:quant-ph/0205035).

        Examples:
            >>> Gates(two_qubit_depolarizing=0.04).two_qubit_infidelity
            0.03
        """
        return 3.0 * self.two_qubit_depolarizing / 4.0

    @property
    def initialisation_infidelity(self) -> float:
        r"""Probability not to be in :math:`|0\rangle` after initialisation, :math:`\lambda/2`.

        Examples:
            >>> Gates(initialisation_depolarizing=0.02).initialisation_infidelity
            0.01
        """
        return self.initialisation_depolarizing / 2.0

    @property
    def readout_infidelity(self) -> float:
        """Probability of a wrong readout, averaged over 0 and 1.

        Examples:
            >>> Gates(readout_flip_0=0.03, readout_flip_1=0.01).readout_infidelity
            0.02
        """
        return (self.readout_flip_0 + self.readout_flip_1) / 2.0
