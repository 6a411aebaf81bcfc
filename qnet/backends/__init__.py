"""Circuits on real devices: any Qiskit ``BackendV2``, or any sampler with the SamplerV2 interface.

A circuit of :mod:`qnet.circuits`, or one of a user, is translated to the device's native gates and
run there. Feed-forward is kept where the device has it; elsewhere corrections are made in software
(the Pauli frame) or measurements are deferred, and the result says which way it went.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.backends.characterisation_circuits import (
        characterisation_circuits as characterisation_circuits,
    )
    from qnet.backends.circuit_run import CircuitRun as CircuitRun, run_circuit as run_circuit
    from qnet.backends.device_sampler import DeviceSampler as DeviceSampler
    from qnet.backends.layout import least_error_qubits as least_error_qubits
    from qnet.backends.measured_counts import (
        fano_of_counts as fano_of_counts,
        measured_counts as measured_counts,
        pair_tomography as pair_tomography,
    )
    from qnet.backends.native_circuit import NativeCircuit as NativeCircuit, translate as translate
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
