"""Modules from outside that add to the tables: engines, figures of merit, commands.

A module calls `qnet.engines.register_engine`, `qnet.metrics.figures.register_figure` and the like
when it is imported; ``QNET_PLUGINS=my_module,other.module`` in the environment has the command
line and the workers of a sweep import it first.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

from qnet.errors import ParameterError, QnetError

__all__ = ["VARIABLE", "load_plugins"]

#: Names modules, with commas between them.
VARIABLE = "QNET_PLUGINS"


def load_plugins() -> None:
    """Import the modules that the environment names, each once.

    They are looked for where Python looks, and then in the current folder.

    Raises:
        ParameterError: If one of them cannot be imported.

    Examples:
        >>> load_plugins()
    """
    names = list(filter(None, map(str.strip, os.environ.get(VARIABLE, "").split(","))))
    if names and (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    for name in names:
        _load(name)


@cache
def _load(name: str) -> None:
    try:
        import_module(name)
    except ImportError as error:
        hint = f"{' '.join(str(error).split())}: check the name, and PYTHONPATH"
        raise ParameterError(VARIABLE, "name modules that can be imported", name, hint) from None
    except QnetError:
        raise
    except Exception as error:  # whatever a module from outside may raise
        hint = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise ParameterError(VARIABLE, "name modules that can be imported", name, hint) from None
