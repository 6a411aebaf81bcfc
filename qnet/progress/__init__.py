"""Progress of long computations: one line on a terminal, in a notebook, or now and then in a log.

Whatever takes long takes ``progress``, a callback of two whole numbers: how much is done, and how
much is wanted, 0 where nobody knows. `Progress` is one that shows it, and it looks where it writes:

========== =======================================================================================
Where      What is shown
========== =======================================================================================
terminal   one line, written over at most five times a second from the first second on, and wiped
notebook   one display with a bar that is updated, and stays with its last words; long calls such
           as `qnet.play` show it there even where they are given no ``progress``
log, pipe  a line of its own after ten seconds of computing, then ever more rarely
========== =======================================================================================

While nothing is reported it says that the work goes on. Set in the environment, ``QNET_PROGRESS``
is ``off``, ``line`` or ``log`` (whatever is written to), or ``auto``; ``log:60`` waits for 60 s
before the first line, ``line:0`` not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.progress.board import cleared as cleared
    from qnet.progress.callback import (
        Progress as Progress,
        ProgressCallback as ProgressCallback,
        in_notebook as in_notebook,
        note as note,
        opened as opened,
        phase as phase,
    )
    from qnet.progress.clock import duration as duration
    from qnet.progress.display import MODES as MODES, SETTING as SETTING
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
