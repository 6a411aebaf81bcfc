"""Certificates of a link, for the tests of its ends, faults and wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocols.key_management.links import certificates


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of the nodes and their link."""
    return certificates(tmp_path_factory.mktemp("certs"))
