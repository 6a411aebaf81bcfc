"""``qnet explore``: a page with sliders for a class, on this machine or as files for the web."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from pathlib import Path

from experiments.cli.arguments import int_range
from qnet.errors import ParameterError

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "a page with sliders: rate, fidelity and key rate by the exact engine"

#: Preset with which the page starts.
_FIRST = "blueprint"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet explore``."""
    parser.set_defaults(signs_of_life=False)
    parser.add_argument(
        "--port",
        type=int_range(0, 65535),
        default=8000,
        metavar="N",
        help="port of the page; 0 picks a free one (default: 8000)",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="who may reach it (default: only me)"
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    parser.add_argument("--hardware", default=_FIRST, metavar="NAME", help="preset to start with")
    static = parser.add_argument_group("as files, for the web")
    written = "write the pages and their answers, worked out beforehand, into a folder; no server"
    static.add_argument("--static", type=Path, metavar="DIR", help=written)
    static.add_argument("--quick", action="store_true", help="a handful of settings, to try it")
    static.add_argument(
        "--workers", type=int_range(1), metavar="N", help="processes (default: one per core)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C, or write it with its answers."""
    from qnet.progress import Progress

    if arguments.static is not None:
        return _write(arguments)
    if arguments.quick or arguments.workers is not None:
        hint = "--quick and --workers are of files for the web: say --static DIR"
        raise ParameterError("--static", "name a folder", None, hint)

    with Progress("qnet explore: loading"):
        from experiments.explore.server import Server

    with Progress("qnet explore: starting"):
        started = Server(arguments.host, arguments.port, hardware=arguments.hardware)
    with started as server:
        print(f"qnet explore is at {server.url} (Ctrl-C ends it)", flush=True)
        if not server.is_local:
            print(
                f"qnet: everybody who reaches {server.server_name} can use it and its computing "
                "time; --host 127.0.0.1 keeps it to this machine",
                file=sys.stderr,
                flush=True,
            )
        threading.Thread(target=_warm, args=(server.turn,), daemon=True).start()
        if not arguments.no_browser and _has_screen():
            import webbrowser

            webbrowser.open(server.url)
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            print("\nqnet explore has ended", flush=True)
    return 0


def _write(arguments: argparse.Namespace) -> int:
    """The pages as plain files.

    Raises:
        ParameterError: If a hardware is named: the files hold all.
    """
    from qnet.progress import Progress

    if arguments.hardware != _FIRST:
        hint = "--static writes every hardware: link to index.html#hardware=NAME instead"
        raise ParameterError("--hardware", "be left out", arguments.hardware, hint)

    with Progress("qnet explore --static: loading"):
        from experiments.explore.static import build
        from qnet.pool import available_cores

    workers = arguments.workers or available_cores()
    with Progress("qnet explore --static", "answers") as progress:
        built = build(arguments.static, quick=arguments.quick, workers=workers, progress=progress)
    found = "there already, from the same code" if built.was_there else "worked out"
    print(f"{built.settings} answers {found}; {built.size / 1e6:.1f} MB in {built.folder}")
    print(f"open {built.folder / 'index.html'}, or put the folder on a web server")
    return 0


def _warm(turn: threading.Lock) -> None:
    """Load Aer and Matplotlib before the first request wants them."""
    from experiments.explore import Controls, work_out
    from experiments.explore.chain.diagram import diagram

    with turn:
        work_out(Controls())
        diagram(Controls(), 1)


def _has_screen() -> bool:
    """Whether a browser has a window to open in; else one in the console would take its place."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
