"""Static build of the pages: plain files, with their answers worked out, for any web server.

One build: a :class:`StaticPage` says which addresses its page may ask, several processes work them
out, a journal in the folder keeps what is finished, and the answers are written beside the pages
as scripts, one for each part, which ``ask.js`` reads. The same code writes the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl

from experiments.explore.chain import settings as chain_settings
from experiments.explore.network import settings as net_settings
from experiments.explore.server import Server
from experiments.explore.spy import settings as spy_settings
from qnet import __version__
from qnet.errors import ParameterError, QnetError
from qnet.schema.shipped import shipped
from qnet.versions import versions

if TYPE_CHECKING:
    from qnet.progress import Progress

__all__ = ["PAGES", "Built", "StaticPage", "build", "plain"]

#: File that keeps finished answers until all are.
_JOURNAL = "unfinished.jsonl"

#: Folder of the answers.
_ANSWERS = "answers"

#: Fields that differ from run to run.
_TIMED = ("work_s",)

#: Significant digits of an answer's numbers; the pages show four at most.
_DIGITS = 7

#: Of a drawing: what made it, attributes that are places in points, and decimals beyond the first.
_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.S)
_PLACES = re.compile(r'\b(?:d|x|y|transform)="[^"]*"')
_FINER = re.compile(r"(\d\.\d)\d+")

#: Packages whose source makes the answers, and the files in them that do.
_DATA = (".py", ".toml", ".json", ".csv", ".graphml")
_SOURCES = ("qnet", "protocols", "experiments.pages", "experiments.explore")

_HINT = "give a new folder, or one of an earlier build"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticPage:
    """A page of the server as plain files.

    Args:
        address: Address of the page on the server.
        name: What its files are called.
        known: Answers of the paths without a query, by path; from whether the build is reduced.
        asked: Addresses, such as ``point?distance_km=5&...``, of one part.
        parts: Names of the parts in which its answers are split.
        split: Field of the queries whose value is the part; empty where there is one part.
        words: What each field of a setting is called: text with ``{}`` for its value.
        follow: Addresses that the page goes on to ask after an answer.
        own: Paths, of large answers, whose parts are scripts of their own.
        turns: Paths with a ``seed`` -> how many seeds there are at most.
    """

    address: str
    name: str
    known: Callable[..., Mapping[str, Any]]
    asked: Callable[..., Iterable[str]]
    parts: Sequence[str]
    split: str
    words: Mapping[str, str]
    follow: Callable[[str, Any], Iterable[str]] = lambda address, answer: ()
    own: Sequence[str] = ()
    turns: Mapping[str, int] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Name of the page's file."""
        return "index.html" if self.address == "/" else f"{self.address.strip('/')}.html"


PAGES: tuple[StaticPage, ...] = (
    StaticPage(
        address="/",
        name="chain",
        known=lambda *, quick: {"choices": chain_settings.known(quick=quick)},
        asked=chain_settings.asked,
        follow=chain_settings.next_asked,
        parts=chain_settings.PARTS,
        split="hardware",
        words={
            "hardware": "hardware {}",
            "improvement": "improved {} times",
            "strategy": "swapping {}",
            "distance_km": "distance {} km",
            "segments": "segments {}",
            "t2_s": "coherence time {} s",
            "gate_error": "gate error {}",
            "cutoff_s": "cut-off {} s",
            "latency": "travel of swap results {}",
        },
        own=("diagram",),
        turns={"diagram": chain_settings.TURNS},
    ),
    StaticPage(
        address="/spy",
        name="spy",
        known=lambda *, quick: {"spy/choices": spy_settings.known(quick=quick)},
        asked=spy_settings.asked,
        parts=spy_settings.PARTS,
        split="attack",
        words={
            "source": "source {}",
            "receiver": "receiver {}",
            "attack": "attack {}",
            "share": "Eve's share {}",
            "distance_km": "distance {} km",
            "misalignment": "misalignment {}",
            "mean_photons": "mean photon number {}",
            "pulses": "signals {}",
            "miss": "chance of a miss {}",
            "seed": "draw {}",
        },
        turns=dict.fromkeys(("spy/point", "spy/rounds"), spy_settings.TURNS),
    ),
    StaticPage(
        address="/network",
        name="network",
        known=lambda *, quick: {"network/choices": net_settings.known(quick=quick)},
        asked=net_settings.asked,
        parts=net_settings.PARTS,
        split="network",
        words={
            "network": "network {}",
            "hardware": "hardware {}",
            "strategy": "joining {}",
            "source": "from {}",
            "target": "to {}",
            "cuts": "cut: {}",
            "load": "demands {} times as often",
            "seed": "draw {}",
        },
        turns={"network/shares": net_settings.TURNS},
    ),
)


@dataclass(frozen=True, slots=True)
class Built:
    """What a build wrote.

    Args:
        folder: Where the pages are.
        settings: Number of addresses that were worked out or read from the journal.
        size: Length of all files in bytes.
        was_there: Whether the answers stood there already, from the same code.
    """

    folder: Path
    settings: int
    size: int
    was_there: bool


def build(
    folder: Path, *, quick: bool = False, workers: int = 1, progress: Progress | None = None
) -> Built:
    """Write the pages and their answers into a folder, or go on where a build was ended.

    Args:
        folder: A new folder, or one of an earlier build.
        quick: Whether to work out a handful of settings only, to try a build.
        workers: Number of processes.
        progress: Told how many addresses are done.

    Raises:
        ParameterError: If the folder holds other files or cannot be written.
    """
    _check(folder)
    tasks = {
        f"{page.name} {address}": (page.name, address)
        for page in PAGES
        for part in page.parts
        for address in page.asked(part, quick=quick)
    }
    key = _key(tasks)
    stamp = folder / _ANSWERS / "built.json"
    was_there = stamp.is_file() and json.loads(stamp.read_text("utf-8")).get("key") == key
    if not was_there:
        stamp.unlink(missing_ok=True)
        with _Journal(folder / _JOURNAL, key) as journal:
            found = _work_out(tasks, journal, workers, progress)
        written: set[str] = set()
        for page in PAGES:
            written |= _write_answers(page, found, folder, quick=quick)
        for stale in (folder / _ANSWERS).glob("*.js"):
            if stale.name not in written:
                stale.unlink()
        stamp.write_text(json.dumps({"key": key}), encoding="utf-8")
        (folder / _JOURNAL).unlink()
    _write_pages(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Built(folder, len(tasks), size, was_there)


def _check(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {path.name for path in folder.iterdir()}
    except OSError as error:
        hint = f"{(error.strerror or str(error)).lower()}: check the path"
        raise ParameterError("--static", "be a folder", str(folder), hint) from None
    if there and not there & {_JOURNAL, _ANSWERS}:
        raise ParameterError("--static", "be a folder of this build", str(folder), _HINT)


def _key(tasks: Iterable[str]) -> str:
    """A digest of all that the answers depend on: the code, its libraries, and what is asked."""
    digest = hashlib.sha256(json.dumps([versions(), list(tasks)]).encode())
    roots = [Path(str(files(package))) for package in _SOURCES]
    found = [path for root in roots for path in sorted(root.rglob("*.*"))]
    for path in (*found, *shipped().values()):
        if path.suffix in _DATA:
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:32]


class _Journal:
    """Finished answers on the disk, one line each; a line that was torn is not there."""

    __slots__ = ("_file", "_key", "_path", "found")

    def __init__(self, path: Path, key: str) -> None:
        self._path, self._key = path, key
        self.found: dict[str, Any] = {}

    def __enter__(self) -> _Journal:
        lines = self._path.read_bytes().splitlines() if self._path.is_file() else []
        self.found = dict(self._read(lines))
        # Whole lines alone, put in place at once: what is appended stands on a line of its own.
        whole = [self._key, *map(list, self.found.items())]
        fresh = self._path.with_suffix(".new")
        fresh.write_text("".join(f"{json.dumps(line)}\n" for line in whole), encoding="utf-8")
        fresh.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def keep(self, name: str, answers: Any) -> None:  # noqa: ANN401 - plain data
        """Write what one address gave."""
        self.found[name] = answers
        self._file.write(json.dumps([name, answers]) + "\n")
        self._file.flush()

    def _read(self, lines: list[bytes]) -> Iterator[tuple[str, Any]]:
        """The answers of a build of the same code; of another, none."""
        for number, line in enumerate(lines):
            try:
                data = json.loads(line)
            except ValueError:
                return
            if number == 0 and data != self._key:
                return
            if number > 0:
                yield data[0], data[1]


def _work_out(
    tasks: Mapping[str, tuple[str, str]],
    journal: _Journal,
    workers: int,
    progress: Progress | None,
) -> dict[str, Any]:
    """The answers of all addresses and of those that follow them, by page and address."""
    # A local import: processes are for a build alone.
    from qnet.pool import map_unordered

    rest = {name: task for name, task in tasks.items() if name not in journal.found}
    done = len(tasks) - len(rest)
    if progress is not None:
        progress.keep(done)
    for name, answers in map_unordered(answers_of, rest, workers):
        journal.keep(name, answers)
        done += 1
        if progress is not None:
            progress(done, len(tasks))
    return {name: journal.found[name] for name in tasks}


def answers_of(page: str, address: str) -> list[tuple[str, Any]]:
    """An address and what it gives, and those that the page asks next.

    Args:
        page: Name of the page.
        address: What it asks.
    """
    follow = next(each.follow for each in PAGES if each.name == page)
    answer = _answer(address)
    asked = [address, *follow(address, answer)]
    return [(each, plain(answer if each == address else _answer(each))) for each in asked]


def _answer(address: str) -> Any:  # noqa: ANN401 - plain data
    """What the server would send."""
    path, _, query = address.partition("?")
    try:
        return Server.answers[f"/{path}"](None, parse_qs(query, keep_blank_values=True))
    except QnetError as error:
        return {"error": " ".join(str(error).split())}


def plain(answer: Any) -> Any:  # noqa: ANN401 - plain data
    """An answer without what a clock measured, its numbers and the places of a drawing rounded.

    Examples:
        >>> plain({"work_s": 0.2, "rate_hz": 1 / 3, "svg": '<svg><path d="M 1.234 5"/></svg>'})
        {'rate_hz': 0.3333333, 'svg': '<svg><path d="M 1.2 5"/></svg>'}
    """
    if isinstance(answer, Mapping):
        return {name: plain(each) for name, each in answer.items() if name not in _TIMED}
    if isinstance(answer, (list, tuple)):
        return [plain(each) for each in answer]
    if isinstance(answer, str) and answer.startswith("<svg"):
        return _PLACES.sub(lambda place: _FINER.sub(r"\1", place[0]), _METADATA.sub("", answer))
    return float(f"{answer:.{_DIGITS}g}") if isinstance(answer, float) else answer


def _write_answers(
    page: StaticPage, found: Mapping[str, Any], folder: Path, *, quick: bool
) -> set[str]:
    """Write the index of a page's answers and its parts; their names."""
    held = _Held(page)
    for name, answers in found.items():
        if name.startswith(f"{page.name} "):
            for address, answer in answers:
                held.add(address, answer)
    about = f"Worked out beforehand at {len(held.settings)} settings with qnet {__version__}"
    index = {
        "about": f"{about}: qnet explore on your own machine works out every one.",
        "words": page.words,
        "split": page.split,
        "paths": {
            "terms": {"answer": _answer("terms")},
            **{path: {"answer": answer} for path, answer in page.known(quick=quick).items()},
            **{
                path: {"fields": names, "own": path in page.own, "turns": page.turns.get(path, 0)}
                for path, names in held.fields.items()
            },
        },
        "parts": {part: f"{_ANSWERS}/{_file(page, part)}" for part in held.parts},
    }
    texts = {_file(page, part): _script(part, data) for part, data in held.parts.items()}
    texts[f"{page.name}.js"] = f"ask.index({json.dumps(index)});\n"
    (folder / _ANSWERS).mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / _ANSWERS / name).write_text(text, encoding="utf-8")
    return set(texts)


class _Held:
    """Answers of a page in their parts: by path, each with the texts of its setting."""

    def __init__(self, page: StaticPage) -> None:
        self.page = page
        self.fields: dict[str, list[str]] = {}
        self.parts: dict[str, dict[str, list[Any]]] = {}
        self.settings: set[tuple[str, ...]] = set()
        self._addresses: set[str] = set()

    def add(self, address: str, answer: Any) -> None:  # noqa: ANN401 - plain data
        """Take in an answer, unless it is there."""
        if address in self._addresses:
            return
        self._addresses.add(address)
        path, _, query = address.partition("?")
        setting = dict(parse_qsl(query, keep_blank_values=True))
        names = self.fields.setdefault(path, list(setting))
        texts = [setting[name] for name in names]
        part = setting[self.page.split] if self.page.split else "all"
        part = f"{part}/{path}" if path in self.page.own else part
        self.parts.setdefault(part, {}).setdefault(path, []).append([texts, answer])
        if path not in self.page.own:
            self.settings.add(tuple(setting[name] for name in names if name != "seed"))


def _file(page: StaticPage, part: str) -> str:
    return f"{page.name}-{re.sub(r'[^A-Za-z0-9]+', '-', part)}.js"


def _script(part: str, data: Any) -> str:  # noqa: ANN401 - plain data
    """A script that hands in a part, packed: drawings and settings are much alike."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(json.dumps(data, separators=(",", ":")).encode()) + packer.flush()
    return f"ask.part({json.dumps(part)}, {json.dumps(base64.b64encode(packed).decode())});\n"


def _write_pages(folder: Path) -> None:
    """The files of the server; its pages read their answers, and name each other's files."""
    links = {page.address: page.file for page in PAGES}
    names = {page.address: page.name for page in PAGES}
    for address, name in Server.files.items():
        package, _, file = name.rpartition("/")
        text = files(package or Server.package).joinpath(file).read_text("utf-8")
        if name.endswith(".html"):
            if address not in links:
                continue
            asks = '<script src="ask.js" defer></script>'
            reads = f'<script src="{_ANSWERS}/{names[address]}.js" defer></script>'
            text = text.replace(asks, f"{asks}\n{reads}")
            text = re.sub(r'href="([^"#?]*)', partial(_linked, links), text)
        target = folder / (links[address] if address in links else address.lstrip("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _linked(links: Mapping[str, str], link: re.Match[str]) -> str:
    """A link to a page of the server as one to its file."""
    address = "/" + link[1].removeprefix("./").strip("/")
    is_page = link[1] and address in links
    return f'href="{links[address]}' if is_page else link[0]
