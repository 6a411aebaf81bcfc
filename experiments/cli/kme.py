"""``qnet kme``: key management entities of a network, one process for each node."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_file, changes

if TYPE_CHECKING:
    from protocols.key_networks import KeyNetworkScenario

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "key management entities of a key network: serve keys for real on this machine"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet kme``."""
    parser.set_defaults(signs_of_life=False)
    actions = parser.add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=type(parser)
    )
    certificates = actions.add_parser(
        "certificates", help="a test authority, and a certificate for each node and SAE"
    )
    add_file(certificates)
    certificates.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where they are written"
    )
    certificates.set_defaults(act=_certificates)


def execute(arguments: argparse.Namespace) -> int:
    """Do what was asked for; the exit code."""
    act = arguments.act
    return int(act(arguments))


def _network(arguments: argparse.Namespace) -> KeyNetworkScenario:
    """The key network of the scenario file."""
    from protocols.key_networks import KeyNetworkScenario
    from qnet.schema import load

    found = load(arguments.file, kinds=("key-network",), changes=changes(arguments))
    assert isinstance(found, KeyNetworkScenario)
    return found


def _certificates(arguments: argparse.Namespace) -> int:
    """Make the certificates that are missing in a folder."""
    from protocols.key_management.certificates import make_certificates, subjects_of

    made = make_certificates(arguments.out, subjects_of(_network(arguments)))
    if made:
        print(f"made in {arguments.out}: {', '.join(made)}")
    else:
        print(f"all certificates are in {arguments.out} already")
    return 0
