"""Frame of a research comparison: points, a row worked out at each, an answer, a figure.

A script states its question as a `Study`; this module gives it its arguments, keeps every finished
row on disk, and writes table, data and figure.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from errno import EACCES, EISDIR, ENOENT
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from experiments.cli.arguments import add_medium, int_range
from experiments.cli.interrupt import asked_to_stop
from experiments.cli.output import OutputError, guarded_output
from experiments.cli.printer import claim_lines
from experiments.studies.picture import save_picture
from experiments.studies.rows import StudyRow
from experiments.studies.task import SECURITY, StudyPoint, StudyTask, Work
from experiments.sweep.collector import collect
from experiments.sweep.counts import RowAnswer
from experiments.sweep.result_rows import results
from experiments.sweep.stopping import StoppingRule
from experiments.sweep.store import Store
from experiments.sweep.sweep import Sweep, sweep_of
from qnet import __version__
from qnet.engines import play
from qnet.engines.forecast import forecast
from qnet.engines.result import Key
from qnet.errors import ParameterError, QnetError
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim
from qnet.plans.base import Plan
from qnet.pool import available_cores, inline, processes
from qnet.progress import Progress
from qnet.schema import canonical

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Study", "StudyPoint", "add_arguments", "sampled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A question, and how it is answered.

    Args:
        name: Name of its files.
        question: One sentence.
        points: What is worked out: called with True for the quick size.
        work: The row of a point, given a seed of its own. A function of a module, so that other
            processes find it; the same point and seed must give the same row.
        answer: The answer in a sentence or two, from all rows.
        draw: Draws the rows on an empty figure.
        size_in: Width and height of the figure in inches.
        fixed: What its points have in common, for a line above the figure.
        fits_column: Whether the figure can be read in one column of a journal.
        keys: Columns that are secret bits, or rates of them. Every row then has ``security``: what
            they claim, which is that of pairs of a chain in endless blocks unless ``work`` says
            what else.
        claim: What all keys claim, where the rows do not say it one by one.
        table: The rows for people, printed before the answer.
        about: What the JSON file says beside question, answer, version and seed.
        style: Settings of Matplotlib for the figure.

    Examples:
        >>> study = Study(
        ...     name="squares",
        ...     question="How large are squares?",
        ...     points=lambda quick: [{"x": 1.0}, {"x": 2.0}],
        ...     work=lambda point, seed: {"square": Estimate.exact(point["x"] ** 2)},
        ...     answer=lambda rows: f"Up to {rows[-1]['square']}.",
        ...     draw=lambda figure, rows: None,
        ... )
        >>> study.answer(list(study.rows()))
        'Up to 4.'
    """

    name: str
    question: str
    points: Callable[[bool], Sequence[StudyPoint]]
    work: Work
    answer: Callable[[Sequence[StudyRow]], str]
    draw: Callable[[Figure, Sequence[StudyRow]], None]
    size_in: tuple[float, float] = (7.0, 4.2)
    fixed: str = ""
    fits_column: bool = True
    keys: tuple[str, ...] = ()
    claim: SecurityClaim | None = None
    table: Callable[[Sequence[StudyRow]], str] | None = None
    about: Callable[[Sequence[StudyRow]], Mapping[str, Any]] = lambda rows: {}
    style: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_script(cls, module: str, question: str, **more: Any) -> Self:  # noqa: ANN401
        """The study of a script, called like its file.

        Args:
            module: The script, with the functions ``points``, ``work``, ``answer`` and ``draw``.
            question: One sentence.
            more: The rest of the study.
        """
        script = sys.modules[module]
        functions = {name: getattr(script, name) for name in ("points", "work", "answer", "draw")}
        name = Path(str(script.__file__)).stem.replace("_", "-")
        return cls(name=name, question=question, **functions, **more)

    def main(self, argv: Sequence[str] | None = None) -> int:
        """Run the script: work out, write the files, print the answer.

        The exit code is 0, 2 where something cannot be worked out or printed, 130 when interrupted.

        Args:
            argv: The arguments; those of the process when None.
        """
        parser = argparse.ArgumentParser(prog=f"qnet study {self.name}", description=self.question)
        add_arguments(parser)
        options = parser.parse_args(argv)
        try:
            with guarded_output():
                return self.run(options)
        except OutputError as error:
            if not error.is_broken_pipe:
                print(f"{self.name}: error: {error}", file=sys.stderr)
            return 0 if error.is_broken_pipe else 2

    def run(self, options: argparse.Namespace) -> int:
        """Run the script with arguments of :func:`add_arguments`."""
        try:
            folder = _made(options.out or Path("results") / self.name)
            pictures = [] if options.picture is None else [_png(options.picture)]
            if options.medium == "column" and not self.fits_column:
                hint = "its panels are too many for one column"
                raise ParameterError("--for", "be page or slides here", options.medium, hint)
            printed = self.printed_files(folder, options.medium)
            for file in (*self.files(folder), *pictures, *printed):
                _check_file(file)
            how = {"quick": options.quick, "root": options.seed, "workers": options.workers}
            at = options.store or folder / "results.db"
            with Store(at, create=True) as store, asked_to_stop("points") as stop:
                rows = self.rows(**how, store=store, stop=stop)
            files = self.write(rows, folder, options.seed)
            self._draw(rows, pictures, small=True)
            self._draw(rows, printed, medium=options.medium)
        except QnetError as error:
            print(f"{self.name}: error: {' '.join(str(error).split())}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print(f"{self.name}: stopped; run it again to go on", file=sys.stderr)
            return 130
        if self.table is not None:
            print(self.table(rows), end="\n\n")
        print(self.question, self.answer(rows), sep="\n")
        lines = [line for claim in self._claims(rows) for line in claim_lines(claim)]
        print(*lines, ", ".join(map(str, [*files, *printed])), sep="\n")
        return 0

    def rows(
        self,
        *,
        quick: bool = False,
        root: int = 1,
        workers: int = 1,
        store: Store | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> list[StudyRow]:
        """A row for each point, in order: its parameters, what was found, and its seed.

        Rows do not depend on the number of workers.

        Args:
            quick: A size that takes seconds.
            root: Seed of the study, from which each point gets its own.
            workers: Number of processes.
            store: Finished rows are kept in it, and those that it has are not worked out again.
            stop: Asked before every point; once it says yes, the running ones are finished.

        Raises:
            QnetError: If a point cannot be worked out; what is finished is kept.
            KeyboardInterrupt: If it was stopped.
        """
        if store is None:
            with Store(":memory:", create=True) as kept:
                return self.rows(quick=quick, root=root, workers=workers, store=kept, stop=stop)
        sweep = self.sweep(quick=quick, root=root)
        chosen = inline() if workers == 1 else processes(workers)
        with Progress(self.name, "points") as progress:
            told = False

            def tell(done: int, size: int, samples: int) -> None:
                nonlocal told
                if done and not told:
                    earlier = f"{done} of {size} points are there from an earlier run"
                    print(f"{self.name}: {earlier}", file=sys.stderr)
                if not told:
                    progress.keep(done)
                told = True
                progress(done, size)

            if not collect(sweep, store, workers=chosen, progress=tell, stop=stop):
                raise KeyboardInterrupt
        return [
            row.counts.row
            for row in results(store, sweep.identity)
            if isinstance(row.counts, RowAnswer)
        ]

    def sweep(self, *, quick: bool = False, root: int = 1) -> Sweep:
        """The study as a sweep: each point is an axis value for each of its parameters."""
        tasks = [
            StudyTask(study=self.name, work=self.work, point=point, keys=self.keys)
            for point in self.points(quick)
        ]
        own = {task.identity: task for task in tasks}.values()
        until = StoppingRule(shots=1)
        return sweep_of(((t.point, t) for t in own), name=self.name, until=until, seed=root)

    def write(self, rows: Sequence[StudyRow], folder: Path, root: int = 1) -> list[Path]:
        """Write the table as CSV and, with all about the run, as JSON; the figure as PNG and SVG.

        Args:
            rows: What `rows` gives.
            folder: Where to; it must exist.
            root: Seed of the study.

        Returns:
            The files.

        Raises:
            ParameterError: If one cannot be written.
        """
        table, data, *pictures = self.files(folder)
        flat = [_flat(row) for row in rows]
        try:
            with table.open("w", newline="", encoding="utf-8") as file:
                names = list(dict.fromkeys(name for row in flat for name in row))
                writer = csv.DictWriter(file, names)
                writer.writeheader()
                writer.writerows(flat)
            told = [{name: canonical(row[name]) for name in row} for row in flat]
            about = {**self._about(rows, root), "rows": told}
            data.write_text(json.dumps(about, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise _unwritable(error, folder) from None
        self._draw(rows, pictures)
        return [table, data, *pictures]

    def files(self, folder: Path) -> list[Path]:
        """What :meth:`write` writes in a folder: table, data, PNG and SVG."""
        return [folder / f"{self.name}.{suffix}" for suffix in ("csv", "json", "png", "svg")]

    def draw_picture(self, rows: Sequence[StudyRow], path: Path) -> None:
        """Draw the small picture of a page.

        Args:
            rows: What `rows` gives.
            path: A PNG file.
        """
        self._draw(rows, [path], small=True)

    def printed_files(self, folder: Path, medium: str | None) -> list[Path]:
        """The figure for a medium, as vectors; none where no medium was named."""
        ends = ("pdf", "svg") if medium else ()
        return [folder / f"{self.name}-{medium}.{suffix}" for suffix in ends]

    def _about(self, rows: Sequence[StudyRow], root: int) -> dict[str, Any]:
        """Question, answer, version, seed, and what the keys claim: a list where it is several."""
        claims = [claim.as_dict() for claim in self._claims(rows)]
        return {
            "question": self.question,
            "answer": self.answer(rows),
            "version": __version__,
            "seed": root,
            **self.about(rows),
            "security": claims[0] if len(claims) == 1 else claims,
        }

    def _claims(self, rows: Sequence[StudyRow]) -> list[SecurityClaim]:
        """What the keys of all rows claim, each notion once."""
        if self.claim is not None:
            return [self.claim]
        found = [row[SECURITY] for row in reversed(rows) if SECURITY in row]
        claims = {each["notion"]: each for each in found if each["notion"] != "none"}
        return [SecurityClaim.from_dict(each) for each in claims.values()]

    def _draw(
        self,
        rows: Sequence[StudyRow],
        paths: Sequence[Path],
        *,
        small: bool = False,
        medium: str | None = None,
    ) -> None:
        """Draw the figure and save it, the same rows as the same bytes."""
        if not paths:
            return
        # Local imports: Matplotlib takes long to load.
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        from qnet.figures import MEDIA, figure_for, finish, say_empty, style as house_style

        own = self.style if medium is None else {}
        with house_style(medium), rc_context({"svg.hashsalt": self.name, **own}):
            if medium is None:
                figure = Figure(figsize=self.size_in)
            else:
                figure = figure_for(MEDIA[medium], *self.size_in)
            self.draw(figure, rows)
            self._say_fixed(figure)
            say_empty(figure)
            if medium is not None:
                finish(figure, MEDIA[medium])
            for path in paths:
                metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix)
                try:
                    if small:
                        told = {"title": self.question, "answer": self.answer(rows)}
                        save_picture(figure, path, **told)
                    else:
                        figure.savefig(path, metadata=metadata)
                except OSError as error:
                    raise _unwritable(error, path) from None

    def _say_fixed(self, figure: Figure) -> None:
        """Say above the figure what its points have in common; below it, under a legend above."""
        if self.fixed:
            figure.draw_without_rendering()
            middle = 0.5 * figure.bbox.height
            if any(legend.get_window_extent().y0 > middle for legend in figure.legends):
                figure.supxlabel(self.fixed, fontsize="small", wrap=True)
            else:
                text = "\n".join(filter(None, [figure.get_suptitle(), self.fixed]))
                figure.suptitle(text, fontsize="small", wrap=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of every study."""
    add = parser.add_argument
    add("--quick", action="store_true", help="a size that takes seconds")
    add("--out", type=Path, metavar="DIR", help="folder of its files (default: results/NAME)")
    kept = "where finished points are kept (default: results.db in that folder)"
    add("--store", type=Path, metavar="RESULTS.db", help=kept)
    add("--seed", type=int_range(0), default=1, metavar="S", help="default: 1")
    cores: dict[str, Any] = {"default": available_cores(), "metavar": "N"}
    add("--workers", type=int_range(1), help="processes (default: one per core)", **cores)
    add_medium(parser)
    add("--picture", type=Path, metavar="FILE.png", help="also write a small picture")


def sampled(
    plan: Plan,
    *,
    seed: int,
    shots: int = 4000,
    draws: float = 2e7,
    fewest: int = 200,
    key: Key | None = None,
) -> Estimate | None:
    """The key rate in bit/s by the sampled engine; None where it would take too long.

    Args:
        plan: What to play.
        seed: Seed of the run.
        shots: Delivered pairs at most.
        draws: Elementary draws that all of them may cost.
        fewest: Delivered pairs at least.
        key: How a secret key is taken.

    Examples:
        >>> from qnet import Abstract
        >>> link = Abstract(success_probability=0.5).link()
        >>> sampled(link, seed=1, shots=1000, draws=99.0, fewest=100) is None
        True
    """
    affordable = int(min(shots, draws / forecast(plan).draws))
    if affordable < fewest:
        return None
    return play(plan, shots=affordable, seed=seed, key=key).secret_key_rate_hz


def _flat(row: StudyRow) -> dict[str, Any]:
    """Four columns for an estimate."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Estimate):
            flat[name] = value.best
            flat |= {f"{name}_{end}": getattr(value, end) for end in ("low", "high", "n")}
        elif name == SECURITY:
            flat["security_notion"] = value["notion"]
            flat["security_assumes"] = "; ".join(value["assumes"])
        else:
            flat[name] = value
    return flat


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = f"{(error.strerror or str(error)).lower()}: give another folder"
        raise ParameterError("--out", "be a folder that can be made", str(folder), hint) from None
    return folder


def _png(file: Path) -> Path:
    if file.suffix != ".png":
        hint = "the folder of the run has an .svg too"
        raise ParameterError("--picture", "end in .png", str(file), hint)
    return file


def _check_file(file: Path) -> None:
    """Raise a ParameterError, before any work, if a file cannot be written."""
    if file.is_dir():
        raise _unwritable(IsADirectoryError(EISDIR, os.strerror(EISDIR)), file)
    if not file.parent.is_dir():
        raise _unwritable(FileNotFoundError(ENOENT, os.strerror(ENOENT)), file)
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise _unwritable(PermissionError(EACCES, os.strerror(EACCES)), file)


def _unwritable(error: OSError, where: Path) -> ParameterError:
    reason = (error.strerror or str(error)).lower()
    rule, hint = "hold files that can be written", f"{reason}: give another folder"
    return ParameterError("--out", rule, str(error.filename or where), hint)
