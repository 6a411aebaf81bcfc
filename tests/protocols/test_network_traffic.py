"""Traffic matrices in scenarios of networks: [traffic] stands for demands written out."""

import pytest

import qnet
from qnet import ParameterError
from tests.experiments.scenario_text import network_file
from tests.qnet.network.topology_texts import SNDLIB

TEXT = network_file(run="duration_s = 100.0", topology='file = "matrix.txt"')

TRAFFIC = "[traffic]\nsessions_hz = 0.5\npairs = 2\npriority = 1\n"

#: The matrix asks 4 + 2 between Hannover and Hamburg, and 6 between Bremen and Berlin.
WRITTEN = """
[[demand]]
ends = ["Hannover", "Hamburg"]
rate_hz = 0.25
pairs = 2
priority = 1
[[demand]]
ends = ["Bremen", "Berlin"]
rate_hz = 0.25
pairs = 2
priority = 1
"""


@pytest.fixture
def load(tmp_path):
    """Load a scenario text that lies beside the file of a matrix."""

    def loaded(text):
        (tmp_path / "matrix.txt").write_text(SNDLIB, encoding="utf-8")
        path = tmp_path / "scenario.toml"
        path.write_text(text, encoding="utf-8")
        return qnet.load(path)

    return loaded


def test_a_matrix_stands_for_its_demands(load):
    """Oracle: the same demands written out by hand: the same case, digest and answer."""
    short, long = load(TEXT + TRAFFIC), load(TEXT + WRITTEN)
    assert short.demands == long.demands
    assert short.digest == long.digest
    assert short.play() == long.play()


def test_a_matrix_and_demands_go_together(load):
    """Oracle: those of the file first, then the matrix."""
    both = load(TEXT + WRITTEN + TRAFFIC)
    assert [demand.ends[0] for demand in both.demands] == ["Hannover", "Bremen"] * 2
    again = load(both.to_toml())
    assert again.demands == both.demands


REFUSED = {
    "nobody": (TEXT, "demand must be given"),
    "no rate": (TEXT + "[traffic]\npairs = 2", "traffic.sessions_hz must be given"),
    "negative": (TEXT + "[traffic]\nsessions_hz = -1", "traffic.sessions_hz must be positive"),
    "no matrix": (
        TEXT.replace('file = "matrix.txt"', 'shape = "ring"\nnodes = 3') + TRAFFIC,
        "traffic must come with a file of demands .* such as one of SNDlib",
    ),
    "too many": (
        TEXT + "[traffic]\nsessions_hz = 1e9",
        r"traffic.sessions_hz must stand for at most .* \(got 1000000000",
    ),
    "memories": (
        TEXT + "[traffic]\nsessions_hz = 1.0\nmemories = 9",
        "traffic.memories must fit some route between Hannover and Hamburg",
    ),
    "all pairs": (
        'demand = "all-pairs"\n' + TEXT + TRAFFIC + '[controller]\nallocation = "share"\n',
        "traffic must be left out here",
    ),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=list(REFUSED))
def test_traffic_that_does_not_go_is_refused(load, text, words):
    """Oracle: the rule that each breaks."""
    with pytest.raises(ParameterError, match=words):
        load(text)
