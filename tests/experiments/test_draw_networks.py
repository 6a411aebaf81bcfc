"""``qnet draw`` of networks: the map as a whole, or one delivery."""

import matplotlib as mpl
import pytest
from matplotlib import pyplot

from experiments.cli.draw import network_picture
from experiments.cli.main import main
from protocols.networks import NetworkScenario
from qnet import loads

LINE = """
kind = "network"
[run]
duration_s = 200.0
[topology]
shape = "line"
nodes = 3
length_km = 10.0
[link]
scheme = "abstract"
success_probability = 0.5
attempt_time_s = 1.0
state = { werner = 0.98 }
[[demand]]
ends = ["1", "3"]
rate_hz = 0.1
"""


@pytest.fixture(autouse=True)
def without_a_screen():
    """Figures go to memory, and are closed afterwards."""
    mpl.use("Agg")
    yield
    pyplot.close("all")


def test_the_map_has_the_loads_and_routes_of_the_run():
    """Oracle: the same run, played beside it; both edges of the route are used."""
    scenario = loads(LINE)
    assert isinstance(scenario, NetworkScenario)
    axes = network_picture(scenario).axes[0]
    fibres = [line for line in axes.lines if (line.get_gid() or "").startswith("fibre")]
    assert [line.get_gid() for line in fibres] == ["fibre 1 2", "fibre 2 3"]
    uses = [edge.use.best for edge in scenario.play().edges]
    assert 0.1 < min(uses) < 1.0
    thickest = 5.5
    assert [(line.get_linewidth() - 1.0) / (thickest - 1.0) for line in fibres] == (
        pytest.approx(uses)
    )
    (route,) = [line for line in axes.lines if (line.get_gid() or "").startswith("route")]
    assert route.get_xdata().tolist() == [0.0, 10.0, 20.0]


@pytest.mark.parametrize("more", [[], ["--shot", "0"]], ids=["map", "delivery"])
def test_networks_are_drawn(scenario, tmp_path, capsys, more):
    """Oracle: the first bytes of every PNG."""
    out = tmp_path / "picture.png"
    assert main(["draw", scenario(LINE), "--out", str(out), *more]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert out.read_bytes().startswith(b"\x89PNG")
    assert not pyplot.get_fignums()


def test_a_map_is_no_animation(scenario, tmp_path, capsys):
    """Oracle: the rule that pictures have too."""
    out = str(tmp_path / "picture.svg")
    assert main(["draw", scenario(LINE), "--out", out, "--frames", "9"]) == 2
    assert "--frames must be given for an animation alone" in capsys.readouterr().err
