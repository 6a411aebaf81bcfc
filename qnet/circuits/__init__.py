"""Protocol steps as circuits: pure functions that return a ``QuantumCircuit``.

The circuits are the only place where the physics of a step is written. Draw them, export them to
OpenQASM 3, run them on any ``BaseSamplerV2``, or compile them under noise to an exact map.

Conventions, for all of them:

- Registers are named by their part in the protocol, and circuits with the same parts use the same
  names. Classical registers are named by meaning, so ``result.data.bsm`` reads well.
- Steps take their Bell pairs as inputs; :func:`with_bell_pairs` puts ideal ones in front.
- Qubit 0, and bit 0, is the rightmost letter of a printed string (Qiskit's order).
- Delays are in seconds and stand outside ``if_test`` blocks.
- A number out of its range (a latency that is negative or not finite, a probability outside [0, 1],
  a count that is no whole number) is a ``ParameterError``, an unknown name an ``UnknownNameError``.
- ``frame=True`` (or a name that ends in ``frame``) leaves Pauli corrections to the classical
  controller; otherwise they are applied by feed-forward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.circuits.bell import (
        BELL_KINDS as BELL_KINDS,
        bell_pair as bell_pair,
        with_bell_pairs as with_bell_pairs,
    )
    from qnet.circuits.catalogue import CIRCUITS as CIRCUITS
    from qnet.circuits.chain import repeater_chain as repeater_chain
    from qnet.circuits.distill import (
        accepts as accepts,
        bbpssw as bbpssw,
        dejmps as dejmps,
        double_selection as double_selection,
        entanglement_pumping as entanglement_pumping,
    )
    from qnet.circuits.four_qubit_singlet import four_qubit_singlet as four_qubit_singlet
    from qnet.circuits.frame import (
        frame_flips as frame_flips,
        frame_product as frame_product,
        pauli_frame as pauli_frame,
    )
    from qnet.circuits.ghz import (
        ghz as ghz,
        ghz_fusion as ghz_fusion,
        ghz_measurement as ghz_measurement,
        ghz_swap as ghz_swap,
    )
    from qnet.circuits.joined import join as join
    from qnet.circuits.memory import idle as idle
    from qnet.circuits.openqasm import (
        openqasm as openqasm,
        with_stretched_waits as with_stretched_waits,
        without_simulated_steps as without_simulated_steps,
    )
    from qnet.circuits.photonic import (
        direct_transmission as direct_transmission,
        double_click as double_click,
        emission_to_memory as emission_to_memory,
        midpoint_source as midpoint_source,
        single_click as single_click,
    )
    from qnet.circuits.plain import in_plain_gates as in_plain_gates
    from qnet.circuits.remote import (
        cat_copy as cat_copy,
        cat_uncopy as cat_uncopy,
        remote_controlled_u as remote_controlled_u,
        remote_toffoli as remote_toffoli,
    )
    from qnet.circuits.swap import (
        bell_measurement as bell_measurement,
        swap_feed_forward as swap_feed_forward,
        swap_pauli_frame as swap_pauli_frame,
    )
    from qnet.circuits.teleport import (
        teleportation as teleportation,
        teleported_cnot as teleported_cnot,
    )
    from qnet.circuits.twirl import werner_twirl as werner_twirl
    from qnet.circuits.w_state import w_state as w_state
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
