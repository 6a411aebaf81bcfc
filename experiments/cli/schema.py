"""``qnet schema``: the keys of a kind of scenario file, for editors and for people."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from qnet.errors import ParameterError

__all__ = ["SUMMARY", "add_arguments", "execute", "shortest_files"]

SUMMARY = "keys of a kind of scenario file: JSON Schema for editors, or all of them as pages"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet schema``."""
    from qnet.schema import KINDS

    parser.add_argument(
        "kind",
        nargs="?",
        metavar="KIND",
        help=f"{', '.join(KINDS)}; without one, a list of them",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE|FOLDER",
        help="write it there; without a KIND, pages of all keys in Markdown into a folder",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the JSON Schema of a kind, or list the kinds, or write the pages of all keys."""
    from qnet.schema.json_schema import json_schema

    if arguments.kind is None:
        return _list() if arguments.out is None else _write(arguments.out)
    text = json.dumps(json_schema(arguments.kind), indent=2, allow_nan=False) + "\n"
    if arguments.out is None:
        print(text, end="")
    else:
        arguments.out.write_text(text, encoding="utf-8")
    return 0


def _list() -> int:
    from qnet.schema import KINDS, class_of

    for kind in KINDS:
        print(f"{kind:12} {(class_of(kind).__doc__ or '').strip().splitlines()[0]}")
    print("\nJSON Schema of one: qnet schema KIND; pages of all keys: qnet schema --out FOLDER")
    return 0


def _write(folder: Path) -> int:
    from qnet.schema.reference import pages

    if folder.suffix or folder.is_file():
        hint = "the pages of all keys are several files"
        raise ParameterError("--out", "be a folder where no KIND is given", str(folder), hint)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(shortest_files()).items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


def shortest_files() -> dict[str, str]:
    """Kind -> text of the shortest scenario of the package that is of this kind.

    Examples:
        >>> 'kind = "chain"' in shortest_files()["chain"]
        True
    """
    from qnet.schema import parse

    folder = Path(__file__).parents[1] / "scenarios"
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.toml"))]
    return {parse(text)["kind"]: text for text in sorted(texts, key=len, reverse=True)}
