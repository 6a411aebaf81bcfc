"""Log of a node on a disk that is full: nothing is raised, nothing shows on stderr.

Oracle: a file that takes nothing, as the kernel says it.
"""

from __future__ import annotations

import errno
import json
import logging
import os

from protocols.key_management.nodes.log import log_to


class FullDisk:
    """A file on a disk that is full."""

    def write(self, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    seek = tell = write


def test_a_full_disk_costs_lines_of_the_log_alone(tmp_path, capsys):
    logger = logging.getLogger("qnet.key_management")
    before = logger.level, logger.propagate
    handler = log_to(tmp_path / "log.jsonl")
    try:
        kept = handler.stream
        handler.stream = FullDisk()
        logger.info("lost")
        handler.stream = kept
        logger.info("written")
    finally:
        logger.removeHandler(handler)
        handler.close()
        logger.level, logger.propagate = before
    (line,) = (tmp_path / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["message"] == "written"
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o777 == 0o600
