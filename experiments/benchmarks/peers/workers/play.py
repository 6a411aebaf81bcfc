"""Program that plays a benchmark in a peer's Python: a JSON request in, a JSON answer out.

``python play.py MODULE`` reads ``{"work": ..., "settings": ..., "seed": ...}`` from standard input.
``WORKS`` of the module, a file beside this one, has a function per work, which answers with the
seconds that it took, what it counted and its figures: values, or the hits of so many trials.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

__all__ = ["main", "pooled"]


def pooled(figure: Sequence[float] | Mapping[str, int]) -> list[float]:
    """Count, sum and sum of squares of values; hits and trials as they are.

    Examples:
        >>> pooled([1.0, 2.0, 3.0]), pooled({"hits": 2, "of": 5})
        ([3, 6.0, 14.0], [2, 5])
    """
    if isinstance(figure, Mapping):
        return [figure["hits"], figure["of"]]
    return [len(figure), sum(figure), sum(each * each for each in figure)]


def main() -> None:
    """Answer the request on standard input."""
    request: dict[str, Any] = json.loads(sys.stdin.read())
    worker = import_module(sys.argv[1])
    answer = worker.WORKS[request["work"]](request["settings"], request["seed"])
    figures = {name: pooled(figure) for name, figure in answer["figures"].items()}
    versions = {name: version(name) for name in worker.PACKAGES}
    versions["Python"] = platform.python_version()
    # The packages may print too: the answer is the last line.
    print()
    print(json.dumps(answer | {"figures": figures, "versions": versions}))


if __name__ == "__main__":
    main()
