"""Simulators of others: where they come from, what they do better, why one cannot be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["PEERS", "Peer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A simulator of others.

    Args:
        name: Its name.
        requirement: What ``pip install`` is told, with the release that the worker was written for;
            empty if it cannot be had.
        worker: Module beside ``workers/play.py`` that plays the work in its Python.
        missing: Why it cannot be had, in one sentence; empty if it can.
        better: What it does better than this project, in whole sentences.
    """

    name: str
    requirement: str = ""
    worker: str = ""
    missing: str = ""
    better: str = ""


_ALL = (
    Peer(
        name="requsim",
        requirement="requsim==0.4",
        worker="with_requsim",
        better=(
            "A protocol is a few lines of Python around events, with any noise on any qubit as a "
            "function of the density matrix, several pairs per memory and distillation of any "
            "circuit: what its users can write down it plays, and 3,000 lines are read in an "
            "afternoon."
        ),
    ),
    Peer(
        name="sequence",
        requirement="sequence==0.8.5",
        worker="with_sequence",
        better=(
            "Every message, photon and reservation is an event: resource managers with rules that "
            "users load, routing protocols that exchange messages, photons in Fock states, "
            "absorptive and transmon memories, teleported gates and a graphical editor of "
            "networks have no counterpart here, and handshakes that a chain's formula leaves out "
            "show up in its rates."
        ),
    ),
    Peer(
        name="qunetsim",
        requirement="qunetsim==0.1.3.post1",
        worker="with_qunetsim",
        better=(
            "A protocol reads like its description, hosts that send and receive qubits and wait "
            "for each other, so that a student writes one in minutes; any routing algorithm is a "
            "function, and the backend that holds the qubits can be exchanged."
        ),
    ),
    Peer(
        name="mqns",
        missing="MQNS of NIST is published as a repository, not as a package of the Python index",
        better="It has several kinds of multiplexing, orders of swaps, and Yen's routes.",
    ),
    Peer(
        name="netsquid",
        missing=(
            "NetSquid, and SquidASM on top of it, come from a server of their own, for registered "
            "users who accept its licence"
        ),
        better=(
            "Hardware of several platforms down to the pulse, a stack of network layers and an "
            "instruction set for applications."
        ),
    ),
    Peer(
        name="papers",
        missing=(
            "codes of papers, such as those of Brand and of Li, are repositories, and one written "
            "anew here would be no peer; the numbers that they published are redone on the page "
            "of reproductions"
        ),
        better="They are the source of the formulas that engines here are checked against.",
    ),
)

#: All peers by name, those that cannot be had included.
PEERS: Mapping[str, Peer] = MappingProxyType({peer.name: peer for peer in _ALL})
