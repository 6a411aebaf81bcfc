"""Networks and nodes as ``qnet kme`` runs them: signals, processes, what is printed."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.failing import say
from qnet.errors import ParameterError, check_one_of
from qnet.schema import load

if TYPE_CHECKING:
    from protocols.key_networks import KeyNetworkScenario

__all__ = ["check_extra", "network", "restart_edge", "run_network", "run_node"]


def network(file: Path, changes: Mapping[str, Any]) -> KeyNetworkScenario:
    """The key network of a scenario file.

    Raises:
        ParameterError: If it is none, or something in it is wrong.
    """
    from protocols.key_networks import KeyNetworkScenario

    found = load(file, kinds=(KeyNetworkScenario.kind,), changes=changes)
    assert isinstance(found, KeyNetworkScenario)
    return found


def check_extra() -> None:
    """Refuse to go on without the packages of the extra.

    Raises:
        ParameterError: If one is not installed.
    """
    for name in ("aiohttp", "cryptography"):
        if find_spec(name) is None:
            hint = 'pip install "qnet-emulator[keys]"'
            raise ParameterError(name, "be installed", "no such package", hint)


def run_network(scenario: KeyNetworkScenario, arguments: argparse.Namespace) -> int:
    """Run all nodes of a network until it is interrupted; the exit code."""
    check_extra()
    from experiments.kme_page.beside import page_beside
    from protocols.key_management.nodes.layout import RunFolder
    from protocols.key_management.nodes.supervisor import NetworkSupervisor

    def command(node: str) -> list[str]:
        call = [sys.executable, "-m", "experiments.cli", "kme", "serve", str(arguments.file)]
        sets = [word for change in arguments.changes for word in ("--set", change)]
        return [*call, *sets, "--node", node, "--dir", str(arguments.dir), "--attached"]

    folder = RunFolder(arguments.dir)
    supervisor = NetworkSupervisor(
        scenario,
        folder,
        command=command,
        say=lambda sentence: say(f"qnet: {sentence}"),
    )

    def ready(urls: dict[str, str]) -> None:
        print(json.dumps({"ready": True, "kmes": urls}), flush=True)

    async def run() -> None:
        await supervisor.run(_stop_event(), ready)

    with ExitStack() as beside:
        if arguments.page is not None:
            url = beside.enter_context(page_beside(folder.path, arguments.page))
            say(f"qnet: the page of the network is at {url}")
        asyncio.run(run())
    return 0


def run_node(scenario: KeyNetworkScenario, arguments: argparse.Namespace) -> int:
    """Run one node until it is interrupted, or its standard input is closed; the exit code."""
    check_extra()
    check_one_of("--node", arguments.node, scenario.sites.names)
    from protocols.key_management.no_dumps import leave_no_dump
    from protocols.key_management.nodes.key_node import KeyNode
    from protocols.key_management.nodes.layout import RunFolder
    from protocols.key_management.nodes.log import log_to

    leave_no_dump()
    folder = RunFolder(arguments.dir)
    folder.make(scenario)

    async def run() -> None:
        stop = _stop_event()
        if arguments.attached:
            asyncio.get_running_loop().add_reader(sys.stdin, _until_closed, stop)
        log_to(folder.make_node(arguments.node) / "log.jsonl")
        async with KeyNode(scenario, arguments.node, folder) as node:
            print(json.dumps({"node": node.node, "url": node.urls[node.node]}), flush=True)
            await stop.wait()

    asyncio.run(run())
    return 0


def restart_edge(path: Path, one: str, two: str) -> int:
    """Let an edge that an alarm has stopped try again, at both of its ends."""
    check_extra()
    from protocols.key_management.nodes.layout import RunFolder, edge_between
    from protocols.key_management.nodes.manager import NetworkManager

    folder = RunFolder(path)
    noted = folder.up()
    edge = edge_between(noted["edges"], one, two)

    async def run() -> bool:
        async with NetworkManager(noted["kmes"], folder.certificates) as manager:
            return any([await manager.restart(node, edge) for node in (one, two)])

    had = asyncio.run(run())
    print(f"edge {edge} tries again" if had else f"no alarm had stopped edge {edge}")
    return 0


def _stop_event() -> asyncio.Event:
    """An event that the interrupt key and the signal to terminate set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def _until_closed(stop: asyncio.Event) -> None:
    """Stop when who started this process has closed its standard input, or has died."""
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin)
        stop.set()
