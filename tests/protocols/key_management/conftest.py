"""Fixtures of the links of a key network."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of the nodes and their link."""
    from tests.protocols.key_management.links import certificates

    return certificates(tmp_path_factory.mktemp("certs"))
