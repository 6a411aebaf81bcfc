"""Command line of the benchmarks against peers: ``python -m experiments.benchmarks.peers [NAME]``.

Names are those of peers and of works; ``page`` writes the page of the site in place of lines.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from experiments.benchmarks.peers.comparison import PeerComparison, compare
from experiments.benchmarks.peers.environment import PeerEnvironment, default_cache
from experiments.benchmarks.peers.peer import PEERS
from experiments.benchmarks.peers.report import machine, page_of, text_lines
from experiments.benchmarks.peers.works import WORKS
from qnet.progress import Progress, cleared

__all__ = ["main", "selected"]


def selected(names: Sequence[str]) -> list[str]:
    """The works of names of works and of peers; all of them without a name.

    Examples:
        >>> selected(["qunetsim", "sequence-link"])
        ['qunetsim-bb84', 'sequence-link']
    """
    found = [
        work.name
        for name in names or PEERS
        for work in WORKS.values()
        if name in (work.name, work.peer)
    ]
    return list(dict.fromkeys(found))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.benchmarks.peers",
        description="Play the same work in other simulators, installed apart, and here.",
    )
    known = [*PEERS, *WORKS, "page"]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument(
        "--cache",
        type=Path,
        default=default_cache(),
        help="folder of their environments (default: %(default)s)",
    )
    parser.add_argument("--runs", type=int, default=7, help="paired runs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first run")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("docs/explanation/peers.md"),
        help="file of the page (default: %(default)s)",
    )
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        parser.error(f"no peer or work {unknown[0]!r}; choose from {', '.join(known)}")
    if arguments.runs < 1:
        parser.error(f"--runs must be 1 or more (got {arguments.runs})")
    return arguments


def main(argv: Sequence[str] | None = None) -> None:
    """Play works, print what came out, and write the page if asked for.

    Args:
        argv: The arguments; those of the process when None.
    """
    arguments = _arguments(argv)
    names = [name for name in arguments.names if name != "page"]
    for name in names or PEERS:
        if name in PEERS and PEERS[name].missing:
            print(f"== {name}\n   not played: {PEERS[name].missing}.")
    works = selected(names)
    found: list[PeerComparison] = []
    with Progress("peers", "works") as progress:
        for number, name in enumerate(works):
            progress.note(name)
            progress(number, len(works))
            work = WORKS[name]
            environment = PeerEnvironment(peer=PEERS[work.peer], cache=arguments.cache)
            found.append(compare(work, environment, runs=arguments.runs, seed=arguments.seed))
            with cleared():
                print(*text_lines(found[-1]), sep="\n", flush=True)
    if "page" in arguments.names:
        page = page_of(found, date=date.today().isoformat(), where=machine())
        arguments.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
