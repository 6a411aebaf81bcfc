"""``qnet draw``: one delivery as a picture (circuit and space-time diagram) or as an animation.

The animation of the documentation is remade by::

    qnet draw experiments/scenarios/nested-cutoff.toml --shot 117 --out docs/delivery.gif
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_file, add_shot, chain, int_range
from experiments.cli.expectation import announce_delivery
from qnet.errors import ParameterError, UnknownNameError

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from qiskit import QuantumCircuit

    from protocols.repeaters.chain import Chain
    from qnet.plans.base import Plan

__all__ = ["SUMMARY", "add_arguments", "execute", "picture"]

SUMMARY = "the circuit and the space-time diagram of one delivery, or its animation"

_ANIMATED = ".gif"

_SUFFIXES = (".png", ".svg", ".pdf", _ANIMATED)

#: More qubits than this make no readable picture.
_MOST_QUBITS = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet draw``."""
    add_file(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="PIC.png",
        help=".png, .svg or .pdf: circuit and space-time diagram; .gif: the delivery as it happens",
    )
    add_shot(parser)
    parser.add_argument(
        "--frames", type=int_range(2), metavar="N", help="pictures of a .gif (default: 120)"
    )
    parser.add_argument(
        "--time",
        choices=("linear", "events"),
        help="of a .gif; events: as many pictures for every phase, however short (default: linear)",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Write the picture."""
    from qnet.figures.style import any_letters

    out: Path = arguments.out
    if out.suffix.lower() not in _SUFFIXES:
        raise UnknownNameError("--out", out.suffix or str(out), _SUFFIXES)
    if not out.parent.is_dir():
        hint = "make it first, or write elsewhere"
        raise ParameterError("--out", "lie in a directory that exists", str(out.parent), hint)
    if out.is_dir():
        raise ParameterError("--out", "be a file", str(out), "this is a directory: add a name")
    scenario = chain(arguments)
    title = f"{scenario.name}: delivery {arguments.shot}, seed {scenario.seed}"
    try:
        with any_letters():
            if out.suffix.lower() == _ANIMATED:
                _animate(scenario, arguments, title)
            else:
                _picture(scenario, arguments, title)
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise ParameterError("--out", "be writable", str(out), reason) from None
    print(out)
    return 0


def _picture(scenario: Chain, arguments: argparse.Namespace, title: str) -> None:
    for option in ("frames", "time"):
        value, field = getattr(arguments, option), f"--{option}"
        if value is not None:
            raise ParameterError(field, "be given for an animation alone", value, "write a .gif")
    if find_spec("pylatexenc") is None:
        hint = "pip install 'qnet-emulator[draw]'"
        raise ParameterError("qnet draw", "find the package pylatexenc", "no such package", hint)
    plan, shots = announce_delivery(scenario, arguments.shot)
    figure = picture(plan, seed=scenario.seed, shot=arguments.shot, shots=shots)
    figure.suptitle(title, parse_math=False)
    figure.savefig(arguments.out, dpi=160, bbox_inches="tight")


def _animate(scenario: Chain, arguments: argparse.Namespace, title: str) -> None:
    from qnet.engines import timeline
    from qnet.figures import animate_space_time

    plan, shots = announce_delivery(scenario, arguments.shot)
    history = timeline(plan, seed=scenario.seed, shot=arguments.shot, shots=shots)
    animation = animate_space_time(
        history,
        plan=plan,
        frames=120 if arguments.frames is None else arguments.frames,
        time=arguments.time or "linear",
        title=title,
    )
    animation.save(arguments.out)


def picture(plan: Plan, *, seed: int, shot: int = 0, shots: int | None = None) -> Figure:
    """One delivery of a run of a plan: its space-time diagram above the circuit that its chain ran.

    Raises:
        EngineError: If the circuit has too many qubits for a picture.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.3, attempt_time_s=1e-3, state=werner(0.98))
        >>> len(picture(Swap(left=link, right=link), seed=1).axes)
        2
    """
    from matplotlib.figure import Figure

    from qnet.engines.circuit import chain_circuit
    from qnet.engines.sampled import delivery
    from qnet.engines.timeline import records
    from qnet.figures import draw_circuit, space_time_diagram

    draw = delivery(plan, seed=seed, shot=shot, shots=shots)
    circuit = chain_circuit(draw, max_qubits=_MOST_QUBITS)
    heights = (2.0 + 0.35 * circuit.num_qubits, _circuit_height_in(circuit))
    figure = Figure(figsize=(12.0, sum(heights)), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=heights)
    space_time_diagram(records(draw, pair=str(shot)), plan=plan, ax=above)
    draw_circuit(circuit, ax=below)
    return figure


def _circuit_height_in(circuit: QuantumCircuit) -> float:
    """Room for the folded circuit: one row of wires for every thirty columns."""
    wires = int(circuit.num_qubits) + len(circuit.cregs)
    rows = 1 + int(circuit.depth()) // 30
    return 1.0 + 0.4 * wires * rows
