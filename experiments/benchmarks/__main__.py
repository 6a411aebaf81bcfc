"""Command line of the benchmarks: ``python -m experiments.benchmarks [NAME ...] [--quick]``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module

from qnet.progress import Progress, cleared

__all__ = ["BENCHMARKS", "main"]

#: Modules of this package that have a ``main(quick=...)``, in the order in which they run.
BENCHMARKS = (
    "sampled",
    "exact",
    "qkd",
    "postprocessing",
    "sweep",
    "network",
    "network_shared",
    "key_networks",
    "kme",
    "key_store",
    "encryption",
    "satellite",
    "coexistence",
    "planning",
    "codes",
    "frames",
    "generations",
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the named benchmarks, or all of them.

    Args:
        argv: The arguments; those of the process when None.
    """
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a small size: shows that it runs, too small for ratios",
    )
    arguments = parser.parse_args(argv)
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark {sorted(unknown)[0]!r}; choose from {', '.join(BENCHMARKS)}")
    names = arguments.names or BENCHMARKS
    with Progress("benchmarks", "files") as progress:
        for number, name in enumerate(names):
            with cleared():
                print(f"== {name}", flush=True)
            progress.note(name)
            progress(number, len(names))
            import_module(f"experiments.benchmarks.{name}").main(quick=arguments.quick)


if __name__ == "__main__":
    main()
