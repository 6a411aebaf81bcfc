"""Virtual environments of peers: one each, below a folder of the user's choice, never this one."""

from __future__ import annotations

import json
import os
import subprocess
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.benchmarks.peers.peer import Peer

__all__ = ["PeerAnswer", "PeerEnvironment", "default_cache", "install_by_pip"]

#: Longest time in s of an installation, and of one run.
PATIENCE_S = 1200.0

#: The program that peers run.
_PLAY = Path(__file__).parent / "workers" / "play.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAnswer:
    """What a peer answered: its numbers, or a sentence why there are none.

    Args:
        found: The answer of its worker.
        reason: Why there is none; empty if there is one.
    """

    found: Mapping[str, Any] | None = None
    reason: str = ""


def default_cache() -> Path:
    """The folder of the environments unless another is named: in the user's folder of caches."""
    found = os.environ.get("XDG_CACHE_HOME")
    return (Path(found) if found else Path.home() / ".cache") / "qnet" / "peers"


def install_by_pip(folder: Path, python: Path, peer: Peer) -> str:
    """Make an environment with a peer in it, with pip as it is configured.

    Args:
        folder: The new environment.
        python: Its Python.
        peer: What is installed.

    Returns:
        Why it failed, in one sentence; empty if it did not.
    """
    venv.create(folder, with_pip=True, clear=True, symlinks=os.name != "nt")
    command = [str(python), "-m", "pip", "install", "--quiet", peer.requirement]
    return _failure(f"pip install {peer.requirement}", _run(command, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerEnvironment:
    """The environment of a peer.

    Args:
        peer: Whose it is.
        cache: The folder below which it lies.
        install: Makes it: of the folder, the Python and the peer, why that failed.
        play: The program that its Python runs.
    """

    peer: Peer
    cache: Path
    install: Callable[[Path, Path, Peer], str] = install_by_pip
    play: Path = _PLAY

    @property
    def folder(self) -> Path:
        """Where it lies: another release has another folder."""
        return self.cache / self.peer.requirement.replace("==", "-")

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def made(self) -> str:
        """Make it unless it is there.

        Returns:
            Why it cannot be had, in one sentence; empty if it is there.
        """
        if self.peer.missing:
            return self.peer.missing
        complete = self.folder / "complete"
        if complete.exists():
            return ""
        self.cache.mkdir(parents=True, exist_ok=True)
        reason = self.install(self.folder, self.python, self.peer)
        if not reason:
            complete.touch()
        return reason

    def answer(self, work: str, settings: Mapping[str, Any], seed: int) -> PeerAnswer:
        """Play a work there.

        Args:
            work: Name of a work of its worker.
            settings: Its parameters.
            seed: What its random numbers are drawn from.
        """
        request = json.dumps({"work": work, "settings": dict(settings), "seed": seed})
        command = [str(self.python), str(self.play), self.peer.worker]
        done = _run(command, request)
        reason = _failure(f"{self.peer.name} at work {work!r}", done)
        if reason or isinstance(done, str):
            return PeerAnswer(reason=reason)
        return PeerAnswer(found=json.loads(done.stdout.splitlines()[-1]))


def _run(command: list[str], text: str) -> subprocess.CompletedProcess[str] | str:
    """Run a command on one core, apart from this project's packages; or why that was not done."""
    own = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    variables = {name: value for name, value in os.environ.items() if name not in own}
    variables |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    try:
        return subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            env=variables,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"took longer than {PATIENCE_S:.0f} s"
    except OSError as error:
        return f"did not start ({error})"


def _failure(what: str, done: subprocess.CompletedProcess[str] | str) -> str:
    """What went wrong, in one sentence; empty if nothing did."""
    if isinstance(done, str):
        return f"{what} {done}"
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return f"{what} failed: {lines[-1].strip() if lines else f'exit code {done.returncode}'}"
