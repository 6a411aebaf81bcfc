"""Reach of repeater chains against bare fibre: ``make demo``.

Secret-key rates over 50 to 600 km: bare fibre, and chains of 2, 4 and 8 segments with models of
today's platforms, as they are and improved, and with target parameters, beside the bounds. Prints a
table and the answer, and writes ``reach.png``, ``reach.svg``, ``reach.csv`` and ``reach.json``. A
run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from experiments.cli.claim import claim_lines
from experiments.studies.reach.point import ReachPoint
from experiments.studies.reach.report import answer, table
from experiments.studies.reach.rows import Rows, write_json
from experiments.studies.reach.work import available_cores, grouped, work_out
from protocols.repeaters.platforms import HARDWARE, IMPROVEMENT, STRATEGIES, Platform
from qnet import __version__
from qnet.metrics.security import chain_claim

__all__ = ["main", "points"]

LENGTHS_KM = tuple(float(length) for length in range(50, 601, 50))
QUICK_LENGTHS_KM = (100.0, 300.0, 500.0)
SEGMENTS = (2, 4, 8)
SHOWN_KM = (100.0, 300.0, 500.0)
QUESTION_KM = 500.0

#: What the keys of all chains, and of bare fibre, claim.
CLAIM = chain_claim(1.0)


def points(
    names: Sequence[str], lengths_km: Sequence[float], *, seed: int, shots: int
) -> list[ReachPoint]:
    """Everything that is compared: each hardware as it is and improved, each strategy."""
    hardware = [
        Platform(name=name, improvement=improvement)
        for name in names
        for improvement in ((1.0,) if name == "blueprint" else (1.0, IMPROVEMENT))
    ]
    ways = [("direct", 1), *((strategy, n) for n in SEGMENTS for strategy in STRATEGIES)]
    return [
        ReachPoint(one, strategy, segments, length, seed, shots)
        for one in hardware
        for strategy, segments in ways
        for length in lengths_km
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demonstration.

    Args:
        argv: The arguments; those of the process when None.

    Returns:
        The exit code.
    """
    options = _options(argv)
    lengths = QUICK_LENGTHS_KM if options.quick else LENGTHS_KM
    shots = options.shots or (500 if options.quick else 20_000)
    wanted = points(options.hardware, lengths, seed=options.seed, shots=shots)
    begun = time.monotonic()
    rows = Rows(options.out, [point.identity for point in wanted])
    missing = [point for point in wanted if point.identity not in rows.done]
    progress = _Progress(len(wanted), len(wanted) - len(missing))
    try:
        for fresh in work_out(grouped(missing), options.workers):
            rows.append(fresh)
            progress(len(fresh))
    except KeyboardInterrupt:
        done = len(rows.done)
        print(
            f"\nstopped after {done} of {len(wanted)} points; run again to go on", file=sys.stderr
        )
        return 130
    progress.close()
    data = rows.finish()
    verdict = answer(data, QUESTION_KM)
    about = {
        "question": f"Can a {QUESTION_KM:g} km repeater chain beat bare fibre?",
        "answer": verdict,
        "version": __version__,
        "seed": options.seed,
        "shots": shots,
        "security": CLAIM.as_dict(),
    }
    write_json(options.out / "reach.json", about, data)
    # Local import: Matplotlib takes long to load, and the workers need none.
    from experiments.studies.reach.figure import draw

    pictures = [options.out / "reach.png", options.out / "reach.svg"]
    draw(data, pictures)
    if options.picture is not None:
        draw(data, [options.picture], dpi=150)
    shown = [length for length in SHOWN_KM if length in lengths]
    print(table(data, shown), verdict, "\n".join(claim_lines(CLAIM)), sep="\n\n")
    files = ", ".join(str(path) for path in (*pictures, rows.path, options.out / "reach.json"))
    print(f"\n{len(data)} points in {time.monotonic() - begun:.0f} s: {files}")
    return 0


class _Progress:
    """A line that is rewritten on a terminal, else a plain line at every quarter; on stderr."""

    def __init__(self, wanted: int, done: int) -> None:
        self.wanted, self.done, self.before = wanted, done, done
        self.begun = time.monotonic()
        self.terminal = sys.stderr.isatty()
        self.quarter = 4 * done // max(wanted, 1)
        if done:
            print(f"{done} of {wanted} points are there from an earlier run", file=sys.stderr)

    def __call__(self, fresh: int) -> None:
        self.done += fresh
        elapsed = time.monotonic() - self.begun
        left = elapsed / (self.done - self.before) * (self.wanted - self.done)
        text = f"{self.done}/{self.wanted} points, {elapsed:.0f} s, {left:.0f} s left"
        quarter = 4 * self.done // self.wanted
        if self.terminal:
            filled = 30 * self.done // self.wanted
            bar = "#" * filled + "." * (30 - filled)
            print(f"\r\x1b[K[{bar}] {text}", end="", file=sys.stderr, flush=True)
        elif quarter > self.quarter:
            print(text, file=sys.stderr, flush=True)
        self.quarter = quarter

    def close(self) -> None:
        if self.terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.studies.reach",
        description="Can a 500 km repeater chain beat bare fibre? Key rates over 50 to 600 km.",
    )
    parser.add_argument("--quick", action="store_true", help="three distances, few samples")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("results/demo"),
        metavar="DIR",
        help="where the files go (default: results/demo)",
    )
    parser.add_argument(
        "--shots", type=_whole(1), metavar="N", help="most samples of a point (default: 20000)"
    )
    parser.add_argument("--seed", type=_whole(0), default=1, metavar="S", help="default: 1")
    parser.add_argument(
        "--workers",
        type=_whole(1),
        default=min(available_cores(), 16),
        metavar="N",
        help="processes (default: one per core)",
    )
    parser.add_argument(
        "--hardware",
        nargs="+",
        choices=tuple(HARDWARE),
        default=tuple(HARDWARE),
        metavar="NAME",
        help=f"only these: {', '.join(HARDWARE)}",
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE.png", help="also write a small picture, 150 dpi"
    )
    return parser.parse_args(argv)


def _whole(minimum: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not text.strip().isdecimal() or int(text) < minimum:
            message = f"must be a whole number, {minimum} or more (got {text!r})"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return convert


if __name__ == "__main__":
    raise SystemExit(main())
