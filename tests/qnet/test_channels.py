"""Channels: what every scheme asks of them, and one that is added from outside."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from experiments.cli.cite import citations
from protocols import Chain, nested, swap_asap
from qnet import Fibre, FreeSpace, Node, ParameterError, UnknownNameError, loads, play, preset
from qnet.hardware import Channel, Emitter, Memory, PairSource
from qnet.links import SCHEMES, Abstract, DoubleClick, HeraldedAttempt, PhotonicScheme, scheme_of
from qnet.schema.json_schema import json_schema

PHOTONIC = [name for name, kind in SCHEMES.items() if issubclass(kind, PhotonicScheme)]
NODE = Node(memory=Memory(t2_s=0.1), emitter=Emitter(preparation_time_s=1e-5), source=PairSource())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipe:
    """A vacuum pipe with lenses that each lose a share of the light."""

    length_km: float
    lens_every_km: float = 4.0
    lens_loss: float = 0.05
    speed_km_per_s: ClassVar[float] = 299_792.458

    @property
    def transmission(self) -> float:
        return (1.0 - self.lens_loss) ** (self.length_km / self.lens_every_km)

    @property
    def delay_s(self) -> float:
        return self.length_km / self.speed_km_per_s

    def of_length(self, length_km: float) -> Pipe:
        return replace(self, length_km=length_km)


def as_fibre(pipe: Pipe) -> Fibre:
    """The fibre with the loss and the speed of a pipe."""
    loss = -10.0 * math.log10(1.0 - pipe.lens_loss) / pipe.lens_every_km
    return Fibre(length_km=pipe.length_km, loss_db_per_km=loss, speed_km_per_s=pipe.speed_km_per_s)


@pytest.mark.parametrize("scheme", PHOTONIC)
def test_a_channel_from_outside_works_in_every_scheme(scheme):
    """Oracle: the fibre of the same loss and speed."""
    pipe = Pipe(length_km=40.0)
    found, expected = (SCHEMES[scheme](NODE, way).link() for way in (pipe, as_fibre(pipe)))

    assert isinstance(pipe, Channel)
    assert found.success_probability == pytest.approx(expected.success_probability, rel=1e-9)
    assert found.attempt_time_s == pytest.approx(expected.attempt_time_s, rel=1e-12)
    assert found.fano == pytest.approx(expected.fano, abs=1e-9)
    assert found.signal_time_s == pipe.delay_s


@pytest.mark.parametrize("strategy", [nested, swap_asap])
def test_a_chain_over_a_channel_from_outside(strategy):
    """Oracle: the chain over the fibre of the same loss and speed, on the same draws."""
    pipe = Pipe(length_km=40.0)
    links = (DoubleClick(NODE, way).link() for way in (pipe, as_fibre(pipe)))
    found, expected = (play(strategy([link] * 4), shots=200, seed=1) for link in links)

    assert found.delivery_time_s.best == pytest.approx(expected.delivery_time_s.best, rel=1e-9)
    assert found.fidelity.best == pytest.approx(expected.fidelity.best, rel=1e-9)


@pytest.mark.parametrize("scheme", PHOTONIC)
def test_free_space_works_in_every_scheme(scheme):
    """Oracle: the transmission in closed form (a new scheme brings its own), the speed of light."""
    beam = FreeSpace(length_km=30.0, wavelength_nm=800.0, waist_m=0.1, receiver_radius_m=0.2)
    link = SCHEMES[scheme](NODE, beam).link()
    arm = beam.of_length(15.0).transmission
    expected = {
        "double-click": arm**2 / 2,
        "midpoint-source": arm**2,
        "direct": beam.transmission,
        "single-click": 1 - (1 - 0.1 * arm) ** 2,
    }[scheme]

    assert link.success_probability == pytest.approx(expected, rel=1e-9)
    assert link.signal_time_s == pytest.approx(30.0 / 299_792.458)


def test_the_channel_of_a_preset_is_its_fibre():
    hardware = preset("siv")

    assert hardware.channel(50.0) == replace(hardware.fibre, length_km=50.0)
    scheme = scheme_of(hardware, 50.0)
    assert scheme == SCHEMES[hardware.scheme](hardware, hardware.channel(50.0))


def test_a_scheme_shows_itself_as_its_shortest_constructor_call():
    scheme = DoubleClick(NODE, Fibre(length_km=50.0), modes=3)

    assert repr(scheme) == f"DoubleClick(hardware={NODE!r}, channel=Fibre(length_km=50.0), modes=3)"
    assert repr(Abstract(success_probability=0.5)) == "Abstract(success_probability=0.5)"


@pytest.mark.parametrize("channel", [50.0, "fibre", Fibre])
def test_what_is_no_channel_is_refused(channel):
    with pytest.raises(ParameterError, match="channel must be a channel"):
        SCHEMES["direct"](HeraldedAttempt(transmission=0.1, attempt_time_s=1.0), channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Teleported(PhotonicScheme):
    """The direct scheme's heralds, with the numbers of an attempt of its own."""

    scheme: ClassVar[str] = "teleported"
    references: ClassVar[tuple[str, ...]] = ("Luong2016",)

    def attempt_of(self, node, channel):
        seconds = node.emitter.preparation_time_s + channel.delay_s
        return HeraldedAttempt(transmission=channel.transmission / 2, attempt_time_s=seconds)

    heralds_of = SCHEMES["direct"].heralds_of


FILE = """kind = "chain"
[chain]
segments = 2
length_km = 100
[link]
scheme = "teleported"
"""


def test_a_scheme_from_outside_is_one_class_and_one_line(monkeypatch):
    """Oracle: by hand; a photon at a detector next to the sender, whose herald then travels."""
    monkeypatch.setitem(SCHEMES, "teleported", Teleported)
    ions = preset("trapped-ion")
    other = replace(ions, name="other ions", scheme="teleported")

    chains = {
        "preset": Chain(segments=2, length_km=100.0, link=other),
        "file": loads(f'{FILE}preset = "trapped-ion"'),
        "numbers": loads(f"{FILE}transmission = 0.05\nattempt_time_s = 2.6e-4"),
    }
    links = {name: next(chain.plan().links()) for name, chain in chains.items()}
    links["scheme"] = scheme_of(other, 50.0).link()
    links["class"] = Teleported(NODE, Fibre(length_km=50.0)).link()

    preparation = {name: ions.node.emitter.preparation_time_s for name in links}
    preparation |= {"class": 1e-5, "numbers": 1e-5}
    for name, link in links.items():
        assert (link.name, link.modes) == ("teleported", 1)
        assert link.success_probability == pytest.approx(0.05), name
        assert link.attempt_time_s == pytest.approx(preparation[name] + 50.0 / 2e5), name
    assert play(nested([links["class"]] * 2), shots=50, seed=1).fidelity.best > 0.9
    assert "Luong2016" in citations(chains["numbers"])
    table = json_schema("chain")["properties"]["link"]["properties"]
    assert "teleported" in table["scheme"]["enum"]
    with pytest.raises(ParameterError, match=r"link\.scheme must be one of 'abstract', 'dir"):
        loads(FILE.replace("teleported", "teleportd"))


def test_a_preset_of_no_scheme_is_refused_before_anything_is_compiled():
    """Oracle: the sentence, with the nearest name."""
    wrong = replace(preset("siv"), name="mine", scheme="double-clack")
    for make in (lambda: scheme_of(wrong, 1.0), lambda: Chain(segments=1, length_km=1, link=wrong)):
        with pytest.raises(UnknownNameError, match="did you mean 'double-click'"):
            make()
