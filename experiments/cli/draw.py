"""``qnet draw``: one delivery as a picture (circuit and space-time diagram), animation or OpenQASM.

The animation of the documentation is remade by::

    qnet draw experiments/scenarios/nested-cutoff.toml --shot 117 --out docs/delivery.gif
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import (
    Traceable,
    add_delivery,
    add_file,
    changes,
    int_range,
    one_delivery,
    say_meanings,
)
from qnet.errors import ParameterError, UnknownNameError
from qnet.progress import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from qiskit import QuantumCircuit

    from qnet.engines.timeline import TracedDelivery

__all__ = ["SUMMARY", "add_arguments", "execute", "picture"]

SUMMARY = (
    "one delivery as circuit, space-time diagram, animation or OpenQASM 3; a map, a spectrum of "
    "noise, or the passes of a satellite"
)

_ANIMATED = ".gif"

_QASM = ".qasm"

_SUFFIXES = (".png", ".svg", ".pdf", _ANIMATED, _QASM)

_PLAYED = "play this file with qnet run"

#: More qubits than this make no readable picture.
_MOST_QUBITS = 40

#: More qubits than this no delivery of a chain has that a device could play.
_MOST_IN_PROGRAM = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet draw``."""
    add_file(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="PIC.png",
        help=".png, .svg or .pdf: circuit and space-time diagram, the map of a network with its "
        "loads, the noise spectrum of a lit fibre, or a satellite's sky, pass, budget and keys; "
        ".gif: the delivery as it happens; .qasm: its circuit in OpenQASM 3",
    )
    add_delivery(parser)
    parser.add_argument(
        "--circuit",
        action="store_true",
        default=None,
        help="of a delivery: its circuit alone, the steps of each station below each other",
    )
    parser.add_argument(
        "--replicas",
        type=int_range(1),
        metavar="N",
        help="of the map of a network, drawn without --shot: runs that its loads are of",
    )
    parser.add_argument(
        "--pass",
        dest="chosen",
        type=int_range(0),
        metavar="N",
        help="of a satellite: which pass, from 0 (default: that of the least loss)",
    )
    parser.add_argument(
        "--frames", type=int_range(2), metavar="N", help="pictures of a .gif (default: 120)"
    )
    parser.add_argument(
        "--time",
        choices=("linear", "events"),
        help="of a .gif; events: as many pictures for every phase, however short (default: linear)",
    )
    parser.add_argument(
        "--stretch",
        action="store_true",
        default=None,
        help="of a .qasm: waits as boxes of their duration, which the device fills (box, stretch)",
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
    scenario: Traceable = _scenario(arguments)
    if out.suffix.lower() in (_ANIMATED, _QASM):
        _refuse_given(arguments, "circuit", "a still picture", "write a .png, .svg or .pdf")
    if out.suffix.lower() != _QASM:
        _refuse_given(arguments, "stretch", "OpenQASM", "write a .qasm")
    try:
        with any_letters():
            if _is_fibre_alone(scenario):
                _spectrum(scenario, arguments)
            elif hasattr(scenario, "pictures"):
                _passes(scenario, arguments)
            elif out.suffix.lower() == _QASM:
                _program(scenario, arguments)
            elif out.suffix.lower() == _ANIMATED:
                _refuse_given(arguments, "replicas", "the map of a network", "write a .png")
                _animate(scenario, arguments)
            else:
                _picture(scenario, arguments)
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise ParameterError("--out", "be writable", str(out), reason) from None
    print(out)
    return 0


def _scenario(arguments: argparse.Namespace) -> Any:  # noqa: ANN401
    """A scenario whose deliveries can be drawn, or of which there is a map alone.

    Raises:
        ParameterError: If a delivery is asked for where there is a map alone.
    """
    from qnet.schema import kinds_with, load

    uses = ("delivery", "overview", "lit_fibre", "pictures")
    kinds = dict.fromkeys(kind for use in uses for kind in kinds_with(use))
    found = load(arguments.file, kinds=list(kinds), changes=changes(arguments))
    say_meanings(found)
    if not hasattr(found, "pictures"):
        _refuse_given(arguments, "chosen", "a satellite", "it is a number of its passes", "--pass")
    if hasattr(found, "delivery"):
        return found
    if _is_fibre_alone(found):
        if found.coexistence is None:
            rule, hint = "have [coexistence], or be 'chain' or 'network', to be drawn", _PLAYED
            raise ParameterError("kind", rule, found.kind, hint)
        return _still(found, arguments, "a spectrum")
    if hasattr(found, "pictures"):
        return _still(found, arguments, "a satellite")
    hint = "its map alone is drawn, to a .png, .svg or .pdf"
    for name in ("shot", "demand", "replica"):
        if getattr(arguments, name) is not None:
            field, rule = f"--{name}", "be left out with a key network"
            raise ParameterError(field, rule, getattr(arguments, name), hint)
    _refuse_given(arguments, "circuit", "a chain or a network", hint)
    _refuse_history(arguments, "a key network", hint)
    return found


def _still(found: Any, arguments: argparse.Namespace, what: str) -> Any:  # noqa: ANN401
    """What has no deliveries, when nothing is asked of them.

    Raises:
        ParameterError: If something is.
    """
    for name in ("shot", "demand", "replica", "replicas", "frames", "time", "circuit"):
        _refuse_given(arguments, name, "a chain or a network", f"{what} alone is drawn")
    _refuse_history(arguments, what, "write a .png, .svg or .pdf")
    return found


def _refuse_history(arguments: argparse.Namespace, what: str, hint: str) -> None:
    """Refuse an animation, and a circuit, of what has no deliveries."""
    for suffix, shown in ((_ANIMATED, "animation"), (_QASM, "circuit")):
        if arguments.out.suffix.lower() == suffix:
            raise ParameterError("--out", f"be no {shown} of {what}", str(arguments.out), hint)


def _passes(scenario: Any, arguments: argparse.Namespace) -> None:  # noqa: ANN401
    """Draw the sky, a pass, the link budget and the key of a satellite."""
    with Progress(f"draw: {arguments.out.name}"):
        figure = scenario.pictures(chosen=arguments.chosen)
        figure.savefig(arguments.out, dpi=160, bbox_inches="tight")


def _is_fibre_alone(scenario: object) -> bool:
    """Whether the noise on its fibre is all that there is to draw of it."""
    return hasattr(scenario, "lit_fibre") and not hasattr(scenario, "delivery")


def _spectrum(scenario: Any, arguments: argparse.Namespace) -> None:  # noqa: ANN401
    """Draw the noise of classical channels by wavelength, with the quantum channel in it."""
    from matplotlib.figure import Figure

    from qnet.figures import noise_spectrum

    noise = scenario.noise()
    with Progress(f"draw: {arguments.out.name}"):
        figure = Figure(figsize=(9.0, 5.0), layout="constrained")
        noise_spectrum(figure.subplots(), noise.coexistence, scenario.lit_fibre)
        figure.suptitle(scenario.name, parse_math=False)
        figure.savefig(arguments.out, dpi=160, bbox_inches="tight")


def _picture(scenario: Traceable, arguments: argparse.Namespace) -> None:
    for option in ("frames", "time"):
        _refuse_given(arguments, option, "an animation", "write a .gif")
    if find_spec("pylatexenc") is None:
        hint = "pip install 'qnet-emulator[draw]'"
        raise ParameterError("qnet draw", "find the package pylatexenc", "no such package", hint)
    asked = [getattr(arguments, name) for name in ("shot", "demand", "replica", "circuit")]
    if hasattr(scenario, "overview") and asked == [None] * len(asked):
        with Progress("draw", "replicas") as progress:
            figure = scenario.overview(replicas=arguments.replicas, progress=progress)
    else:
        _refuse_given(arguments, "replicas", "the map of a network", "leave out --shot")
        traced = one_delivery(scenario, arguments)
        with Progress("draw: circuit" if arguments.circuit else "draw: circuit and diagram"):
            figure = _circuit(traced) if arguments.circuit else picture(traced)
    with Progress(f"draw: {arguments.out.name}"):
        figure.savefig(arguments.out, dpi=160, bbox_inches="tight")


def _refuse_given(
    arguments: argparse.Namespace, option: str, what: str, hint: str, field: str = ""
) -> None:
    value, field = getattr(arguments, option), field or f"--{option}"
    if value is not None:
        raise ParameterError(field, f"be given for {what} alone", value, hint)


def _animate(scenario: Traceable, arguments: argparse.Namespace) -> None:
    from qnet.figures import animate_space_time

    traced = one_delivery(scenario, arguments)
    if not traced.is_pair:
        hint = "its circuit is drawn to a .png, .svg or .pdf"
        raise ParameterError("--out", "be no animation of a GHZ state", str(arguments.out), hint)
    with Progress("draw", "frames") as progress:
        animation = animate_space_time(
            traced.records,
            plan=traced.draw.plan,
            names=traced.names,
            frames=120 if arguments.frames is None else arguments.frames,
            time=arguments.time or "linear",
            title=traced.title,
        )
        animation.save(arguments.out, progress=progress)


def _program(scenario: Traceable, arguments: argparse.Namespace) -> None:
    """Write the joint circuit of a delivery in OpenQASM 3."""
    from qnet.circuits import openqasm

    for option in ("frames", "time"):
        _refuse_given(arguments, option, "an animation", "write a .gif")
    _refuse_given(arguments, "replicas", "the map of a network", "write a .png")
    circuit = one_delivery(scenario, arguments).circuit(_MOST_IN_PROGRAM)
    text = openqasm(circuit, stretch=bool(arguments.stretch))
    arguments.out.write_text(f"{text}\n", encoding="utf-8")


def picture(traced: TracedDelivery) -> Figure:
    """One delivery: its space-time diagram above the circuit of its whole history.

    Of a GHZ state the circuit alone.

    Raises:
        EngineError: If the circuit has too many qubits for a picture.

    Examples:
        >>> import qnet
        >>> chain = qnet.load("experiments/scenarios/two-segments.toml")
        >>> len(picture(chain.delivery()).axes)
        2
    """
    from matplotlib.figure import Figure

    from qnet.figures import draw_circuit, space_time_diagram

    circuit = traced.circuit(_MOST_QUBITS)
    heights = [2.0 + 0.35 * circuit.num_qubits] if traced.is_pair else []
    heights.append(_circuit_height_in(circuit))
    figure = Figure(figsize=(12.0, sum(heights)), layout="constrained")
    axes = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    if traced.is_pair:
        plan, names = traced.draw.plan, traced.names
        space_time_diagram(traced.records, plan=plan, names=names, ax=axes[0])
    draw_circuit(circuit, ax=axes[-1])
    figure.suptitle(traced.title, parse_math=False)
    return figure


def _circuit(traced: TracedDelivery) -> Figure:
    """The circuit of a delivery alone, folded by station."""
    from qnet.figures import draw_station_circuits

    return draw_station_circuits(traced.circuit(_MOST_QUBITS), title=traced.title)


def _circuit_height_in(circuit: QuantumCircuit) -> float:
    """Room for the folded circuit: one row of wires for every thirty columns."""
    wires = int(circuit.num_qubits) + len(circuit.cregs)
    rows = 1 + int(circuit.depth()) // 30
    return 1.0 + 0.4 * wires * rows
