"""KMEs that run and an echoing service, for the tests of gateways."""

from __future__ import annotations

import pytest

from tests.protocols.encryption.pairs import Service, echo
from tests.protocols.key_management.kmes import RunningKmes


@pytest.fixture(scope="module")
def kmes(tmp_path_factory):
    with RunningKmes(tmp_path_factory.mktemp("kmes")) as running:
        yield running


@pytest.fixture(scope="module")
def service():
    running = Service(echo)
    yield running
    running.close()
