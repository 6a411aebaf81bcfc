"""The arguments of ``qnet sweep`` and of the commands that read its results."""

from __future__ import annotations

import argparse
from pathlib import Path

from experiments.cli.scenario_file import scenario_file
from experiments.cli.whole import whole

__all__ = ["export_arguments", "plot_arguments", "results_arguments", "sweep_arguments"]


def sweep_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``qnet sweep``."""
    parser.add_argument(
        "file", type=scenario_file, metavar="FILE.toml", help="scenario with [sweep]"
    )
    parser.add_argument(
        "--store", type=Path, required=True, metavar="RESULTS.db", help="where batches are kept"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=whole(1), metavar="N", help="processes (default: one per core)"
    )
    where.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster")
    where.add_argument("--mpi", action="store_true", help="the processes of mpiexec")


def results_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``qnet results``."""
    _store(parser)
    parser.add_argument(
        "--figures",
        nargs="+",
        default=["rate_hz", "fidelity", "secret_key_rate_hz"],
        metavar="FIGURE",
        help="figures of merit (default: rate_hz fidelity secret_key_rate_hz)",
    )


def plot_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``qnet plot``."""
    _store(parser)
    parser.add_argument("--x", required=True, metavar="AXIS", help="such as chain.length_km")
    parser.add_argument("--y", required=True, metavar="FIGURE", help="such as secret_key_rate_hz")
    parser.add_argument(
        "--by", nargs="+", metavar="AXIS", help="a line for each value (default: all other axes)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="PIC.png", help=".png, .svg or .pdf (default: beside the store)"
    )


def export_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``qnet export``."""
    _store(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=".csv or .parquet")
    parser.add_argument(
        "--batches", action="store_true", help="every batch as it is stored, not the points"
    )


def _store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("store", type=Path, metavar="RESULTS.db", help="store of qnet sweep")
    parser.add_argument("--sweep", metavar="NAME", help="only this sweep (default: all)")
