"""Circuit of a chain folded by station: its steps below each other, each on its own qubits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qnet.figures.circuit import draw_circuit
from qnet.figures.style import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from qiskit import QuantumCircuit

__all__ = ["draw_station_circuits", "station_circuits"]

#: Columns of a part after which it goes on below.
_FOLD = 24

#: Size over that of Qiskit's drawer, the same for all parts, and room for the title of one.
_SCALE, _TITLE_IN = 0.62, 0.32


def station_circuits(circuit: QuantumCircuit) -> list[QuantumCircuit]:
    """The parts of a joint circuit: each up to the end of a swap or distillation, on its qubits.

    One after the other they are the whole circuit: an operation after a step belongs to it while
    it is on the qubits of the step, or depends on what was measured in it.

    Args:
        circuit: The circuit, such as that of ``qnet.engines.circuit.chain_circuit``.

    Returns:
        As many circuits as it has steps with a name, in its order, called after them; the circuit
        itself where it has none.

    Examples:
        >>> from qnet import Abstract, Swap
        >>> from qnet.engines.circuit import chain_circuit
        >>> from qnet.engines.sampled import delivery
        >>> link = Abstract(success_probability=0.5).link()
        >>> joint = chain_circuit(delivery(Swap(left=link, right=link), seed=1))
        >>> [part.name for part in station_circuits(joint)]
        ['station 1: swap']
    """
    parts: list[list[Any]] = [[]]
    names: list[str] = [""]
    ends: set[Any] = set()
    for instruction in circuit.data:
        starts = instruction.operation.name == "barrier" and bool(instruction.operation.label)
        told = ends.intersection(instruction.clbits)
        if ends and (starts or not (told or ends.issuperset(instruction.qubits))):
            parts.append([])
            names.append("")
            ends = set()
        if starts:
            names[-1] = _title(instruction.operation.label)
            ends = set(instruction.qubits)
        if ends:
            ends.update(instruction.clbits)
        parts[-1].append(instruction)
    if not any(names):
        return [circuit]
    names = [name or "after the last step" for name in names]
    return [_part(circuit, own, name) for own, name in zip(parts, names, strict=True)]


def draw_station_circuits(circuit: QuantumCircuit, *, title: str = "") -> Figure:
    """Draw the parts of a joint circuit below each other, so that many segments can be read.

    Args:
        circuit: As of `station_circuits`.
        title: What stands above all.

    Raises:
        MissingOptionalLibraryError: If pylatexenc is not installed, which Qiskit's drawer needs.

    Examples:
        >>> from qnet.circuits import swap_feed_forward
        >>> len(draw_station_circuits(swap_feed_forward()).axes)
        1
    """
    # Local imports: Matplotlib takes long to load, and only this figure needs it.
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    parts = station_circuits(circuit)
    sizes = []
    with style():
        for part in parts:
            drawn: Any = draw_circuit(part, fold=_FOLD).figure
            sizes.append(_SCALE * drawn.get_size_inches())
            pyplot.close(drawn)
        width, height = max(w for w, _ in sizes), sum(h + _TITLE_IN for _, h in sizes)
        height += _TITLE_IN * bool(title)
        figure, top = Figure(figsize=(width, height)), height
        figure.set_layout_engine("none")
        if title:
            top -= _TITLE_IN
            figure.suptitle(title, y=(top + 0.7 * _TITLE_IN) / height, parse_math=False)
        for part, (w, h) in zip(parts, sizes, strict=True):
            top -= h + _TITLE_IN
            axes = figure.add_axes((0.0, top / height, w / width, h / height))
            draw_circuit(part, ax=axes, fold=_FOLD)
            axes.set_title("")
            place = 0.1 / width, (top + h + 0.1) / height
            figure.text(*place, part.name, fontweight="bold", parse_math=False)
    return figure


def _title(label: str) -> str:
    """The name of a step for people: a swap is at the station of its number."""
    kind, _, number = label.partition(" ")
    return f"station {number}: {kind}" if kind == "swap" and number else label


def _part(circuit: QuantumCircuit, own: list[Any], name: str) -> QuantumCircuit:
    """Some operations of a circuit, on the registers that they touch."""
    bits = {bit for each in own for bit in (*each.qubits, *each.clbits)}
    registers = [
        register for register in (*circuit.qregs, *circuit.cregs) if bits.intersection(register)
    ]
    part = circuit.__class__(*registers, name=name)
    known = {*part.qubits, *part.clbits}
    part.add_bits([bit for bit in (*circuit.qubits, *circuit.clbits) if bit in bits - known])
    for each in own:
        part.append(each.operation, each.qubits, each.clbits)
    return part
