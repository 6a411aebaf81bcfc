"""``qnet kme``: key management entities of a network, one process for each node."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_file, add_json, changes, int_range
from experiments.cli.posix import check_posix
from qnet.errors import ParameterError, check_one_of

if TYPE_CHECKING:
    from protocols.key_networks import KeyNetworkScenario

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "key management entities of a key network: serve keys for real on this machine"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet kme``."""
    parser.set_defaults(signs_of_life=False)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", parser_class=type(parser))

    def action(
        name: str, act: Callable[[argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        found = actions.add_parser(name, help=text, description=text)
        found.set_defaults(act=act)
        return found

    text = "a test authority, and a certificate for each node and SAE"
    certificates = action("certificates", _certificates, text)
    add_file(certificates)
    certificates.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where they are written"
    )
    up = action("up", _up, "start every node and link, on this machine, until Ctrl-C")
    add_file(up)
    _add_folder(up)
    text = "port of a live page of the network; 0 picks a free one"
    up.add_argument("--page", type=int_range(0, 65535), metavar="PORT", help=text)
    serve = action("serve", _serve, "run one node alone, as on a machine of its own")
    add_file(serve)
    _add_folder(serve)
    serve.add_argument("--node", required=True, metavar="NAME", help="which node")
    serve.add_argument(
        "--attached", action="store_true", help="end when the standard input is closed"
    )
    spy = action("spy", _spy, "put a spy on an edge of a network that runs, or take it away")
    add_file(spy)
    _add_folder(spy)
    _add_edge(spy)
    spy.add_argument(
        "--intercept",
        type=float,
        required=True,
        metavar="F",
        help="fraction of the pulses that it measures and sends on; 0 takes it away",
    )
    restart = action("restart", _restart, "let an edge that an alarm has stopped try again")
    _add_folder(restart)
    _add_edge(restart)
    page = action("page", _page, "a live page of a network that runs, in this machine's browser")
    _add_folder(page)
    text = "port of the page; 0 picks a free one (default: 8001)"
    page.add_argument("--port", type=int_range(0, 65535), default=8001, metavar="N", help=text)
    text = "a loopback address: no other machine may reach it (default: 127.0.0.1)"
    page.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=text)
    state = action("state", _state, "levels, alarms and users of a network that runs")
    _add_folder(state)
    add_json(state)
    text = "what the stores of all nodes held over time, as CSV"
    _add_folder(action("levels", _levels, text))
    parser.set_defaults(actions=tuple(actions.choices))


def execute(arguments: argparse.Namespace) -> int:
    """Do what was asked for; the exit code.

    Raises:
        ParameterError: If nothing was asked for, or the system is none of POSIX.
    """
    check_posix("qnet kme")
    if arguments.action is None:
        hint = f"one of {', '.join(arguments.actions)}; qnet kme --help tells what they do"
        raise ParameterError("ACTION", "be given", "nothing", hint)
    act: Callable[[argparse.Namespace], int] = arguments.act
    return act(arguments)


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dir", type=Path, required=True, metavar="RUN", help="folder of the network"
    )


def _add_edge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--edge", nargs=2, required=True, metavar=("ONE", "OTHER"), help="the edge's two nodes"
    )


def _network(arguments: argparse.Namespace) -> KeyNetworkScenario:
    """The key network of the scenario file."""
    from experiments.cli.kme_network import network

    return network(arguments.file, changes(arguments))


def _certificates(arguments: argparse.Namespace) -> int:
    """Make the certificates that are missing in a folder."""
    from protocols.key_management.certificates import make_certificates, subjects_of

    made = make_certificates(arguments.out, subjects_of(_network(arguments)))
    if made:
        print(f"made in {arguments.out}: {', '.join(made)}")
    else:
        print(f"all certificates are in {arguments.out} already")
    return 0


def _up(arguments: argparse.Namespace) -> int:
    """Run all nodes until an interrupt."""
    from experiments.cli.kme_network import run_network

    return run_network(_network(arguments), arguments)


def _serve(arguments: argparse.Namespace) -> int:
    """Run one node until an interrupt."""
    from experiments.cli.kme_network import run_node

    return run_node(_network(arguments), arguments)


def _spy(arguments: argparse.Namespace) -> int:
    """Put a spy on an edge."""
    from protocols.key_management.nodes.layout import RunFolder, edge_between, edges_of

    scenario = _network(arguments)
    for node in arguments.edge:
        check_one_of("--edge", node, scenario.sites.names)
    edge = edge_between(edges_of(scenario), *arguments.edge)
    folder = RunFolder(arguments.dir)
    folder.up()
    folder.set_spy(edge, arguments.intercept)
    if arguments.intercept:
        print(f"a spy measures {arguments.intercept:g} of the pulses on edge {edge}")
    else:
        print(f"no spy is on edge {edge}")
    return 0


def _restart(arguments: argparse.Namespace) -> int:
    """Let a stopped edge try again."""
    from experiments.cli.kme_network import restart_edge

    return restart_edge(arguments.dir, *arguments.edge)


def _page(arguments: argparse.Namespace) -> int:
    """Serve the live page until an interrupt."""
    from experiments.cli.kme_page import serve_page

    return serve_page(arguments)


def _state(arguments: argparse.Namespace) -> int:
    """Print the state of all nodes."""
    from experiments.cli.kme_state import print_state

    return print_state(arguments.dir, as_json=arguments.json)


def _levels(arguments: argparse.Namespace) -> int:
    """Print the recorded levels of all nodes."""
    from experiments.cli.kme_state import print_levels

    return print_levels(arguments.dir)
