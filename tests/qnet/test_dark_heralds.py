"""Pairs that dark counts herald are told apart from those of photons (U8)."""

from dataclasses import replace

import pytest

from experiments.cli.main import main
from protocols import nested
from qnet import abstract_link, play, preset
from qnet.links import (
    HeraldedAttempt,
    direct_link,
    double_click_link,
    midpoint_source_link,
    multiplexed,
    preset_link,
    single_click_link,
)

ETA, DARK = 1e-3, 1e-4


def attempt(**numbers: float) -> HeraldedAttempt:
    return HeraldedAttempt(
        **{"transmission": ETA, "attempt_time_s": 1e-5, "dark_count_probability": DARK} | numbers
    )


def test_u8_single_click_share() -> None:
    """Oracle: P-D3, .000201988898 heralds with dark counts; 2 alpha eta - (alpha eta)^2 without."""
    link = single_click_link(attempt(dark_count_probability=1e-6, visibility=0.9))
    without = 2 * 0.1 * ETA - (0.1 * ETA) ** 2

    assert link.dark_herald_share == pytest.approx(1 - without / 0.000201988898, rel=2e-3)


def test_u8_direct_share() -> None:
    """Oracle: closed form; a herald is a photon, or a dark count of either of two detectors."""
    heralds = 1 - (1 - ETA) * (1 - DARK) ** 2

    assert direct_link(attempt()).dark_herald_share == pytest.approx(1 - ETA / heralds, rel=1e-9)


def test_u8_midpoint_share() -> None:
    """Oracle: closed form; each side heralds a photon that it stores, or falsely without one."""
    p, eta = 0.02, 0.01
    link = midpoint_source_link(attempt(transmission=eta, pair_probability=p))
    side = eta + (1 - eta) * DARK
    heralds = p * side**2 + (1 - p) * DARK**2

    assert link.dark_herald_share == pytest.approx(1 - p * eta**2 / heralds, rel=1e-6)


def test_u8_double_click_share() -> None:
    """Oracle: closed form for one excitation per node and eta << 1, V = 0 or not alike.

    In each round a detector clicks alone: by the photon of the one bright node, or by a dark count
    (of either detector, 2 d) where no photon came. Orders eta^2, 4 eta d and 4 d^2 of 1/2.
    """
    link = double_click_link(attempt())
    # Both nodes bright in one round, none in the other (probability 1/2): only dark counts fill it.
    bright_once = 0.5 * (ETA + 2 * DARK) ** 2
    both_or_none = 0.5 * (2 * ETA + 2 * DARK) * 2 * DARK
    share = 1 - 0.5 * ETA**2 / (bright_once + both_or_none)

    assert link.dark_herald_share == pytest.approx(share, rel=5e-3)


@pytest.mark.parametrize(
    "make", [single_click_link, double_click_link, midpoint_source_link, direct_link]
)
def test_u8_limits(make) -> None:
    """Oracle: no dark counts, no share; no photons, nothing else."""
    assert make(attempt(dark_count_probability=0.0)).dark_herald_share == 0.0
    assert make(attempt(transmission=0.0)).dark_herald_share == 1.0
    assert make(attempt(transmission=0.0, dark_count_probability=0.0)).dark_herald_share == 0.0


def test_u8_results_say_it() -> None:
    """Oracle: the stated limit of 1 %, on either side of it."""
    dark = preset_link(preset("nv-2019"), 10.0)
    few = replace(dark, dark_herald_share=0.0099)
    result = play(dark, shots=10, seed=1)

    (note,) = result.notes
    assert note.startswith(f"{100 * dark.dark_herald_share:.3g} % of the heralds of a link come by")
    assert play(nested([few, dark]), shots=10, seed=1).notes[0].startswith("0.99 to 81.9 % of")
    assert play(replace(dark, success_probability=0.5), engine="exact").notes == result.notes
    assert play(few, shots=10, seed=1).notes == ()
    assert play(abstract_link(success_probability=0.5), shots=10, seed=1).notes == ()


def test_u8_the_share_is_no_part_of_a_links_identity() -> None:
    """Oracle: links that play alike are equal; copies keep what is said of them."""
    dark = preset_link(preset("nv-2019"), 10.0)

    assert replace(dark, dark_herald_share=0.0) == dark
    assert "dark_herald_share" not in repr(dark)
    assert multiplexed(dark, 4).dark_herald_share == dark.dark_herald_share


def test_u8_qnet_run_says_it(tmp_path, capsys) -> None:
    """Oracle: the words, in text and JSON."""
    file = tmp_path / "far.toml"
    text = '[chain]\nsegments = 2\nlength_km = 20\n[link]\npreset = "nv-2019"\n'
    file.write_text('kind = "chain"\nshots = 20\n' + text)

    assert main(["run", str(file)]) == 0
    assert "81.9 % of the heralds of a link come by dark counts" in capsys.readouterr().out
    assert main(["run", str(file), "--json"]) == 0
    assert "81.9 % of the heralds of a link come by dark counts" in capsys.readouterr().out
