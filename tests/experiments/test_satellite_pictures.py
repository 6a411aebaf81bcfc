"""Pictures of satellites: what ``qnet draw`` shows agrees with the mission that is reported."""

from io import BytesIO

import numpy as np
import pytest

import qnet
from experiments.cli.main import main
from protocols.satellite import mission_pictures
from qnet.errors import ParameterError
from tests.protocols.satellite_keys import MISSION, PAIRS


@pytest.fixture(scope="module")
def mission():
    """The short mission."""
    return qnet.loads(MISSION)


@pytest.fixture(scope="module")
def figure(mission):
    """Its pictures."""
    return mission_pictures(mission)


def drawn(figure, title):
    """The axes of this title."""
    return next(ax for ax in figure.axes if title in ax.get_title())


def test_the_sky_map_has_every_pass_and_the_mask(mission, figure):
    """Oracle: the passes of the report, and their highest elevations."""
    ax = drawn(figure, "sky over")
    rows = mission.report(mission.play()).passes()
    level = [90.0 - np.min(line.get_ydata()) for line in ax.lines if line.get_color() == "0.75"]
    mask = mission.period.minimum_elevation_deg
    assert len(level) == len(rows)
    highest = [row["maximum_elevation_deg"] for row in rows]
    # A track has 91 points: its highest is within a step of the culmination.
    assert level == pytest.approx(highest, abs=1.5)
    circle = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert np.ptp(circle[0].get_ydata()) == 0.0
    assert 90.0 - circle[0].get_ydata()[0] == mask


def test_the_waterfall_ends_at_the_loss_of_the_pass(mission, figure):
    """Oracle: the loss at the highest point, of the optical link itself."""
    ax, curve = drawn(figure, "link budget"), drawn(figure, "the pass")
    best = float(curve.lines[0].get_ydata().max())
    loss = next(ax for ax in figure.axes if ax.get_ylabel() == "loss (dB)").lines[0].get_ydata()
    totals = sorted(float(bar.get_height()) for bar in ax.patches)[:2]
    assert -max(totals) == pytest.approx(loss.min(), rel=1e-6)
    assert -min(totals) == pytest.approx(loss.max(), rel=1e-6)
    assert f"{best:.0f}° high" in ax.get_legend().get_texts()[0].get_text()


def test_the_rate_and_the_bars_are_those_of_the_report(mission, figure):
    """Oracle: sifted bits of the pass as the area under its rate, secret bits as the bars."""
    report = mission.report(mission.play()).passes()
    chosen = int(np.argmin([row["loss_db"] for row in report]))
    line = next(ax for ax in figure.axes if ax.get_ylabel() == "sifted key (bit/s)").lines[0]
    area = np.trapezoid(line.get_ydata(), line.get_xdata())
    # Slots of a second: the outer half of the first and the last are not under the curve.
    assert area == pytest.approx(report[chosen]["sifted_bits"], rel=0.02)
    bars = drawn(figure, "key of all").collections[0].get_segments()
    assert [bar[1][1] for bar in bars] == pytest.approx([row["secret_bits"] for row in report])


def test_draw_writes_a_pass_of_ones_own(tmp_path, capsys):
    path, out = tmp_path / "leo.toml", tmp_path / "leo.png"
    path.write_text(MISSION)
    assert main(["draw", str(path), "--pass", "1", "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    assert main(["draw", str(path), "--pass", "99", "--out", str(out)]) == 2
    assert "--pass must be below" in capsys.readouterr().err
    assert main(["draw", str(path), "--shot", "1", "--out", str(out)]) == 2
    assert "--shot must be given for a chain or a network alone" in capsys.readouterr().err
    assert main(["draw", "two-segments", "--pass", "1", "--out", str(out)]) == 2
    assert "--pass must be given for a satellite alone" in capsys.readouterr().err


def test_passes_without_light_are_a_sky_map_alone(mission):
    """Oracle: qnet passes needs no [optics], and neither has its picture."""
    dark = mission.with_({"optics": None, "background": None})
    assert len(mission_pictures(dark).axes) == 1
    with pytest.raises(ParameterError, match="--pass must be below"):
        mission_pictures(dark, chosen=10_000)


def test_no_pass_is_told(mission):
    """Oracle: a satellite over the equator is not seen from 52 degrees north."""
    with pytest.raises(ParameterError, match="have a pass to be drawn"):
        mission_pictures(mission.with_({"orbit.inclination_deg": 0.0}))


@pytest.mark.parametrize(
    "changes",
    [
        {"period.days": 0.01},
        {"security.block": "all"},
        {"optics.cloud_fraction": 1.0, "weather": {"samples": 20}},
        {"orbit.satellites": 4, "orbit.planes": 2},
        PAIRS,
    ],
    ids=["one pass", "blocks", "never clear", "constellation", "pairs"],
)
def test_every_mission_has_its_pictures(mission, changes):
    """Oracle: sky, three rows of the pass, budget, keys; and no warning when they are saved."""
    found = mission_pictures(mission.with_(changes))
    assert len(found.axes) == 6
    found.savefig(BytesIO())
