"""``qnet app``: what an application is worth on given states, on a chain, or on a network."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_changes, add_json, changes, int_range, scenario_file
from qnet.errors import ParameterError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.applications import Application

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "applications of delivered entanglement: sensing, remote gates, blind computing, secrets"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet app``."""
    add = parser.add_argument
    add("name", nargs="?", metavar="NAME", help="such as remote-cnot; none: a list of all")
    add(
        "file",
        nargs="?",
        type=scenario_file,
        metavar="FILE.toml",
        help="a file of kind application; or a chain or network, to play the application on it",
    )
    add_changes(parser)
    add(
        "--engine",
        choices=("exact", "sampled", "circuit"),
        help="what plays the deliveries (exact, unless the file says another)",
    )
    add(
        "--shots",
        type=int_range(1),
        metavar="N",
        help="rounds that are drawn; on a network, those that are used",
    )
    add("--seed", type=int_range(0), metavar="S", help="seed of what is drawn")
    add("--workers", type=int_range(1), default=1, metavar="N", help="processes")
    add("--circuit", action="store_true", help="print the circuit of one round in OpenQASM 3")
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print the applications, the circuit of one, or what it is worth."""
    from experiments.cli.reports import show
    from qnet.progress import Progress

    if arguments.name is None:
        return _list(arguments)
    application = _application(arguments)
    if arguments.circuit:
        return _circuit(application, arguments)
    application.check()
    with Progress(arguments.engine or application.engine, application.unit) as progress:
        result = application.play(
            engine=arguments.engine,
            shots=arguments.shots,
            seed=arguments.seed,
            workers=arguments.workers,
            progress=progress,
        )
    show(application.report(result), arguments)
    return 0


def _application(arguments: argparse.Namespace) -> Application:
    """The application of the arguments, with the keys of its file and of ``--set``."""
    from protocols.applications.table import APPLICATIONS
    from qnet.schema import override, parse, read_kind, read_text
    from qnet.schema.shipped import find, shipped

    if arguments.name not in APPLICATIONS:
        if arguments.name.endswith(".toml") or arguments.name in shipped():
            hint = f"the application comes first, such as qnet app remote-cnot {arguments.name}"
            raise ParameterError("NAME", "be an application, not a file", arguments.name, hint)
        raise UnknownNameError("application", arguments.name, tuple(APPLICATIONS))
    values: Mapping[str, Any] = {"kind": "application", "name": arguments.name}
    folder, name = "", arguments.name
    if arguments.file is not None:
        path = find(arguments.file)
        values, folder, name = parse(read_text(path)), str(path.parent), path.stem
        kind = values.get("kind")
        if kind in ("chain", "network"):
            table = {str(kind): {"file": str(path)}}
            # The exact engine plays few networks: they are drawn unless it is asked for.
            drawn = {"engine": "sampled"} if kind == "network" else {}
            values = {"kind": "application", "name": arguments.name, **drawn, **table}
        elif kind == "application" and values.get("name", arguments.name) != arguments.name:
            hint = f"say qnet app {values['name']}, or give another file"
            raise ParameterError("name", f"be {arguments.name!r} here", values["name"], hint)
        else:
            values = {**values, "name": arguments.name}
    asked = changes(arguments)
    found: Application = read_kind(
        override(values, asked) if asked else values, name, ["application"], folder=folder
    )
    return found


def _circuit(application: Application, arguments: argparse.Namespace) -> int:
    import json

    from qnet.circuits import openqasm
    from qnet.versions import versions

    text = openqasm(application.circuit())
    if arguments.json:
        found = {"name": application.name, "openqasm3": text, "versions": versions()}
        print(json.dumps(found, allow_nan=False))
    else:
        print(text)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    import json
    from itertools import groupby

    from experiments.cli.printer import columns
    from protocols.applications.table import FAMILIES, family_of
    from qnet.schema import variants_of
    from qnet.versions import versions

    found: dict[str, Any] = dict(variants_of("application"))
    titles = {name: cls.title for name, cls in found.items()}
    if arguments.json:
        print(json.dumps({"applications": titles, "versions": versions()}, allow_nan=False))
        return 0
    order = [*FAMILIES.values()]
    told = [(family_of(cls), name) for name, cls in found.items()]
    told.sort(key=lambda each: order.index(each[0]) if each[0] in order else len(order))
    lines = iter(columns([(f"  {name}", titles[name]) for _, name in told]))
    for family, names in groupby(told, key=lambda each: each[0]):
        print("\n".join([f"{family}:", *(next(lines) for _ in names), ""]))
    print("One of them: qnet app NAME; on a chain or network: qnet app NAME FILE")
    return 0
