"""Supervisor of a network on one machine: a process for each node, begun anew when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from protocols.key_management.certificates import make_certificates, subjects_of
from protocols.key_management.link.preshared import make_preshared
from protocols.key_management.nodes.layout import (
    RunFolder,
    check_served,
    edges_of,
    urls_of,
)
from protocols.key_management.nodes.links import plans_of
from protocols.key_management.nodes.manager import NetworkManager
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from protocols.key_networks import KeyNetworkScenario

__all__ = ["NetworkSupervisor", "prepare"]

#: First and longest pause in s before a node is begun anew; and how long one lives that is healthy.
PAUSE_S, LONGEST_PAUSE_S, HEALTHY_S = 0.2, 5.0, 3.0

#: How often in s the nodes are asked whether they are ready, and how long they may take to end.
ASK_S, END_S = 0.3, 15.0

#: Exit code of a node that says in a line what is wrong with its files.
REFUSED = 2


def prepare(scenario: KeyNetworkScenario, folder: RunFolder) -> list[str]:
    """Make what is missing in the folder of a network; names of the certificates that were made.

    Raises:
        ParameterError: If the folder is of another network, or something in it cannot be used.
    """
    subjects = subjects_of(scenario)
    folder.make(scenario)
    made = make_certificates(folder.certificates, subjects)
    for edge, ends in edges_of(scenario).items():
        for node in ends:
            folder.make_node(node)
        files = [folder.preshared(node, edge) for node in ends]
        if not any(file.exists() for file in files):
            make_preshared(files)
    return made


class NetworkSupervisor:
    """Starts every node of a network and watches over it.

    Args:
        scenario: The network.
        folder: Where its keys and certificates are.
        command: The program and arguments of a node's process. It ends when its stdin is closed.
        say: Takes sentences on what happens.

    Raises:
        ParameterError: If the folder is in use or of another network, or a port is taken.
    """

    def __init__(
        self,
        scenario: KeyNetworkScenario,
        folder: RunFolder,
        *,
        command: Callable[[str], Sequence[str]],
        say: Callable[[str], None],
    ) -> None:
        self.urls = urls_of(scenario)
        self._folder, self._command, self._say = folder, command, say
        subjects_of(scenario)
        check_served(scenario)
        for plan in plans_of(scenario).values():
            plan.honest_protocol  # noqa: B018 - refuses what no link plays
        folder.make(scenario)
        self._lock = _locked(folder)
        try:
            _check_ports(self.urls)
            if made := prepare(scenario, folder):
                say(f"certificates were made: {', '.join(made)}")
            folder.note_up(self.urls, edges_of(scenario))
        except BaseException:
            os.close(self._lock)
            raise
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._refused: asyncio.Future[str] | None = None

    async def run(self, stop: asyncio.Event, ready: Callable[[dict[str, str]], None]) -> None:
        """Run the network until it is to stop.

        Args:
            stop: When it is set, every process ends.
            ready: Called once, with the addresses, when every edge holds a key.

        Raises:
            ParameterError: If a node refuses to begin.
        """
        self._refused = asyncio.get_running_loop().create_future()
        watching = [asyncio.create_task(self._watch(node)) for node in self.urls]
        asking = asyncio.create_task(self._ask(ready))
        stopping = asyncio.create_task(stop.wait())
        try:
            ends: list[asyncio.Future[Any]] = [stopping, self._refused]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*watching, asking, stopping):
                task.cancel()
            await asyncio.gather(*watching, asking, stopping, return_exceptions=True)
            await asyncio.gather(*(self._end(process) for process in self._processes.values()))
            os.close(self._lock)
        if self._refused.done():
            raise ParameterError(
                "node", "begin", self._refused.result(), "its own line says what is wrong"
            )
        self._refused.cancel()

    async def _watch(self, node: str) -> None:
        """Keep the process of a node alive."""
        pause, was_healthy = PAUSE_S, False
        while True:
            begun = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *self._command(node),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
            self._processes[node] = process
            code = await process.wait()
            lived = time.monotonic() - begun
            was_healthy = was_healthy or lived > HEALTHY_S
            if code == REFUSED and not was_healthy and self._refused is not None:
                if not self._refused.done():
                    self._refused.set_result(node)
                return
            pause = PAUSE_S if lived > HEALTHY_S else min(2.0 * pause, LONGEST_PAUSE_S)
            self._say(f"node {node} died ({_how(code)}) and begins anew in {pause:.1f} s")
            await asyncio.sleep(pause)

    async def _ask(self, ready: Callable[[dict[str, str]], None]) -> None:
        """Ask the nodes until all of them are ready, and say what is waited for."""
        said = ""
        async with NetworkManager(self.urls, self._folder.certificates) as manager:
            while True:
                states = await manager.states()
                waits = [_lacks(node, state) for node, state in states.items()]
                lacking = next(filter(None, waits), "")
                if not lacking:
                    break
                if lacking != said:
                    self._say(f"waiting: {lacking}")
                    said = lacking
                await asyncio.sleep(ASK_S)
        stopped = [each for state in states.values() for each in (state or {})["stopped"].items()]
        for edge, why in dict(stopped).items():
            self._say(f"edge {edge} delivers no key: {why}")
        ready(self.urls)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """End a process: in order if it can, else at once."""
        if process.returncode is None and process.stdin is not None:
            process.stdin.close()
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), END_S)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


def _lacks(node: str, state: dict[str, Any] | None) -> str:
    """What a node still lacks, in a sentence; empty if it is ready."""
    if state is None:
        return f"node {node} begins"
    if state["ready"]:
        return ""
    for name, peer in state["peers"].items():
        if not (peer["up"] and peer["settled"]):
            return f"{node} and {name} have yet to agree on the keys that they hold"
    for edge in state["edges"]:
        if not edge["level_bits"] and not edge["stopped"]:
            return f"edge {edge['name']} holds no key yet ({edge['link']['sentence']})"
    for pair in state["pairs"]:
        if not pair["ready_keys"]:
            return f"no key is ready from {node} to {pair['to']} yet"
    return f"node {node} begins"


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _locked(folder: RunFolder) -> int:
    """A lock on the folder, held until it is closed or the process ends."""
    import fcntl  # Windows has no such module, and reads of networks need none

    handle = os.open(folder.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        hint = "the network runs already: end it, or give another --dir"
        raise ParameterError("--dir", "not be in use", str(folder.path), hint) from None
    return handle


def _check_ports(urls: dict[str, str]) -> None:
    """Refuse to begin where another program listens."""
    for node, url in urls.items():
        place = urlsplit(url)
        try:
            with socket.create_server((place.hostname or "", place.port or 0)):
                pass
        except OSError as error:
            hint = f"node {node} is to listen there: change kme.port ({error.strerror})"
            raise ParameterError("kme.port", "be free", place.port, hint) from None
