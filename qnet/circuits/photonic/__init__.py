"""Heralded generation of entanglement, with the modes of light in the circuit.

A mode of light is a register of qubits that holds its number of photons in binary: one qubit where
there is at most one photon, two (0 to 3 photons) where two can meet. What light meets on its way
(a fibre, a detector) is a labelled gate that does nothing by itself: its loss or its dark counts
are the matter of the noise, as storage is for a ``delay`` (``qnet.noise.photonic``). Whether the
clicks herald a pair is the controller's decision (:func:`herald`, :func:`double_herald`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.circuits.photonic.absorption import (
        direct_transmission as direct_transmission,
        midpoint_source as midpoint_source,
    )
    from qnet.circuits.photonic.elements import beam_splitter as beam_splitter
    from qnet.circuits.photonic.interference import (
        double_click as double_click,
        emission_to_memory as emission_to_memory,
        midpoint_station as midpoint_station,
        photon_arm as photon_arm,
        single_click as single_click,
    )
    from qnet.circuits.photonic.rules import double_herald as double_herald, herald as herald
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
