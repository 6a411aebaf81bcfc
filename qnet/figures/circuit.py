"""Drawings of the joint circuit of a delivered pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qnet.figures.style import time_unit
from qnet.noise.idle import delay_s

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from qiskit import QuantumCircuit

__all__ = ["draw_circuit"]

#: How the labels of link preparations begin; a box has room for fewer letters.
_LINK = "link "


def draw_circuit(circuit: QuantumCircuit, ax: Axes | None = None, *, fold: int = 40) -> Axes:
    """Draw a circuit of a chain: waiting times with few digits, gates without their labels.

    The preparation of link k, with its noise, is a box ``Lk``.

    Args:
        circuit: The circuit, such as that of ``qnet.engines.circuit.chain_circuit``; it is left as
            it is.
        ax: Where to draw; a new figure when None.
        fold: Number of columns after which the drawing goes on below; -1 never breaks it.

    Raises:
        MissingOptionalLibraryError: If pylatexenc is not installed, which Qiskit's drawer needs.

    Examples:
        >>> from qnet.circuits import swap_feed_forward
        >>> draw_circuit(swap_feed_forward(1e-3)).get_title()
        'swap_feed_forward'
    """
    # Local imports: Matplotlib and Qiskit take long to load, and only this figure needs them.
    from cycler import cycler
    from matplotlib import rc_context
    from qiskit.visualization import circuit_drawer

    picture = _readable(circuit)
    # The wires take their look from the cycle: no markers, no dashes.
    plain = cycler(color=["black"])
    with rc_context({"axes.prop_cycle": plain}):
        if ax is None:
            ax = circuit_drawer(picture, output="mpl", style="bw", fold=fold).axes[0]
        else:
            ax.set_prop_cycle(plain)
            circuit_drawer(picture, output="mpl", style="bw", fold=fold, ax=ax)
    ax.set_title(circuit.name)
    return ax


def _readable(circuit: QuantumCircuit) -> QuantumCircuit:
    """The same picture with short texts; not the same circuit any more."""
    result = circuit.copy_empty_like()
    for instruction in circuit.data:
        result.append(_short(instruction.operation), instruction.qubits, instruction.clbits)
    return result


def _short(operation: Any) -> Any:  # noqa: ANN401 - Qiskit's types are Any
    """An operation that is drawn with a short text."""
    # Local import: Qiskit takes long to load, and only this figure needs it.
    from qiskit.circuit import ControlFlowOp, Gate

    if (operation.label or "").startswith(_LINK):
        operation = operation.to_mutable()
        operation.label = "L" + operation.label.removeprefix(_LINK)
        return operation
    if operation.name == "delay":
        time_s = delay_s(operation)
        length, symbol = time_unit(time_s)
        return Gate("wait", 1, [], label=f"{time_s / length:.3g} {symbol}")
    if isinstance(operation, ControlFlowOp):
        return operation.replace_blocks([_readable(block) for block in operation.blocks])
    if isinstance(operation, Gate) and operation.label is not None:
        operation = operation.to_mutable()
        operation.label = None
    return operation
