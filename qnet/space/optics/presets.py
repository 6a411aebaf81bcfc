"""Optics of satellites by name: parameter sets from the literature, each number with its source.

What a source says: a key of ``qnet.references.REFERENCES``, after it a note; or ``assumed`` and
the reason, where no published value was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from qnet.errors import check_one_of
from qnet.schema import Description, FrozenMapping, entries, key
from qnet.space.optics.background import SkyBackground
from qnet.space.optics.budget import OpticalLink

__all__ = ["OPTICS", "OpticsPreset", "optics_preset"]

_LIAO = "Liao2017"
_SIDHU = "Sidhu2021: its input file"
_WALLNOEFER = "Wallnoefer2022"
_NTANOS = "Ntanos2021"
_GIGGENBACH = "Giggenbach2016"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OpticsPreset(Description):
    """A named set of optics, and the background light and filters that go with it.

    Args:
        name: Name under which :func:`optics_preset` finds it.
        title: One line for people.
        link: Telescopes, pointing and air.
        background: Sky, filter and gate; None where the work says nothing of them.
        sources: Field path (``"link.jitter_urad"``) to the source of its value.
    """

    name: str
    title: str
    link: OpticalLink
    background: SkyBackground | None = None
    sources: Mapping[str, str] = key(FrozenMapping({}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", FrozenMapping(self.sources))

    @property
    def references(self) -> tuple[str, ...]:
        """Keys of the works behind it."""
        keys = [text.split(":")[0] for text in self.sources.values()]
        return tuple(dict.fromkeys(each for each in keys if each != "assumed"))

    def values(self) -> dict[str, str | float]:
        """Every value by its path, such as ``"link.jitter_urad"``.

        Examples:
            >>> optics_preset("micius").values()["link.receiver_radius_m"]
            0.5
        """
        parts = [("link", self.link), ("background", self.background)]
        return {
            f"{name}.{entry.name}": getattr(part, entry.name)
            for name, part in parts
            if part is not None
            for entry in entries(type(part))
        }

    def describe(self) -> str:
        """A table of every value and its source, as text.

        Examples:
            >>> print(optics_preset("satquma").describe().splitlines()[3])
            link.transmitter_radius_m              0.15         Sidhu2021: its input file
        """
        lines = [self.title, ""]
        for path, value in self.values().items():
            lines.append(f"{path:38} {value!s:12.12} {self.sources[path]}")
        return "\n".join(lines)


def _micius() -> OpticsPreset:
    link = OpticalLink(
        wavelength_nm=850.0,
        transmitter_radius_m=0.15,
        beam_waist_m=0.0541,
        receiver_radius_m=0.5,
        jitter_urad=1.2,
        fixed_loss_db=11.0,
    )
    sources = {
        "link.wavelength_nm": _LIAO,
        "link.transmitter_radius_m": f"{_LIAO}: telescope of 300 mm",
        "link.beam_waist_m": f"{_LIAO}: far-field divergence 10 urad, read as the full 1/e^2 angle",
        "link.receiver_radius_m": f"{_LIAO}: telescope of 1 m at Xinglong",
        "link.jitter_urad": f"{_LIAO}: tracking error, read as that per axis",
        "link.fixed_loss_db": "assumed: optics of the receiver 8 dB, detectors of 50 % 3 dB",
    }
    return OpticsPreset(name="micius", title="Micius over Xinglong", link=link, sources=sources)


def _satquma() -> OpticsPreset:
    link = OpticalLink(
        wavelength_nm=810.0,
        transmitter_radius_m=0.15,
        beam_waist_m=0.15,
        receiver_radius_m=0.6,
        fixed_loss_db=15.0,
    )
    names = ("wavelength_nm", "transmitter_radius_m", "beam_waist_m", "receiver_radius_m")
    sources = {f"link.{name}": _SIDHU for name in (*names, "fixed_loss_db", "atmosphere")}
    title = "SatQuMA's defaults: a telescope of 30 cm to one of 1.2 m, intrinsic loss 15 dB"
    return OpticsPreset(name="satquma", title=title, link=link, sources=sources)


def _wallnoefer() -> OpticsPreset:
    link = OpticalLink(
        wavelength_nm=780.0,
        transmitter_radius_m=0.15,
        beam_waist_m=0.0827605704,
        receiver_radius_m=0.5,
        jitter_urad=1.0,
        atmosphere=0.8,
    )
    sky = SkyBackground(radiance=1.5e-5, field_of_view_urad=20.0, filter_nm=0.02, gate_s=1e-6)
    names = ("wavelength_nm", "transmitter_radius_m", "receiver_radius_m", "jitter_urad")
    sources = {f"link.{name}": _WALLNOEFER for name in (*names, "atmosphere")}
    sources["link.beam_waist_m"] = f"{_WALLNOEFER}: divergence 3 urad, half angle"
    sources |= {f"background.{entry.name}": _WALLNOEFER for entry in entries(SkyBackground)}
    title = "Satellites as repeater nodes with memories, detectors apart"
    return OpticsPreset(
        name="wallnoefer2022", title=title, link=link, background=sky, sources=sources
    )


def _ntanos() -> OpticsPreset:
    link = OpticalLink(
        wavelength_nm=1550.0,
        transmitter_radius_m=0.075,
        beam_waist_m=0.067,
        receiver_radius_m=1.15,
        jitter_urad=0.75,
        fixed_loss_db=5.95,
        turbulence="hv57",
    )
    sky = SkyBackground(radiance=1.5e-4, field_of_view_urad=100.0, filter_nm=0.2, gate_s=1e-9)
    sources = {
        "link.wavelength_nm": _NTANOS,
        "link.transmitter_radius_m": _NTANOS,
        "link.beam_waist_m": "assumed: that of the greatest gain, a/w = 1.12",
        "link.receiver_radius_m": f"{_NTANOS}: the telescope of 2.3 m at Helmos",
        "link.jitter_urad": _NTANOS,
        "link.fixed_loss_db": f"{_NTANOS}: 2.65 + 3 + 0.3 dB",
        "link.turbulence": f"{_NTANOS}: of its ground strength; its wind of 10 m/s is weaker",
    }
    sources |= {f"background.{entry.name}": _NTANOS for entry in entries(SkyBackground)}
    title = "A small satellite at 1550 nm over Helmos, detectors apart"
    return OpticsPreset(name="ntanos2021", title=title, link=link, background=sky, sources=sources)


def _giggenbach() -> OpticsPreset:
    link = OpticalLink(
        wavelength_nm=1550.0,
        transmitter_radius_m=0.02,
        beam_waist_m=1.0,
        receiver_radius_m=0.3,
        fixed_loss_db=10.52,
        atmosphere="none",
    )
    sources = {
        "link.wavelength_nm": _GIGGENBACH,
        "link.transmitter_radius_m": f"{_GIGGENBACH}: aperture of 40 mm",
        "link.beam_waist_m": f"{_GIGGENBACH}: an evenly lit aperture, as its gain of 98.19 dB says",
        "link.receiver_radius_m": f"{_GIGGENBACH}: telescope of 60 cm",
        "link.fixed_loss_db": f"{_GIGGENBACH}: 1.49 + 3.01 (pointing) + 6.02 dB",
        "link.atmosphere": f"{_GIGGENBACH}: 8, 4, 3, 2 dB at 5, 10, 15, 20 degrees, to be added",
        "link.turbulence": f"{_GIGGENBACH}: scintillation 5, 3.5, 2.5, 1.7 dB there, to be added",
    }
    title = "A laser terminal of 4 cm for data, its air to be added by elevation"
    return OpticsPreset(name="giggenbach2016", title=title, link=link, sources=sources)


#: Why what a work does not say has the value of a perfect link.
_UNSAID = "assumed: the work says nothing of it"


def _whole(preset: OpticsPreset) -> OpticsPreset:
    """The preset with a source for every value."""
    told = {path: preset.sources.get(path, _UNSAID) for path in preset.values()}
    return replace(preset, sources=told)


OPTICS: Mapping[str, OpticsPreset] = MappingProxyType(
    {
        preset.name: _whole(preset)
        for preset in (_giggenbach(), _micius(), _ntanos(), _satquma(), _wallnoefer())
    }
)
"""Every preset by name; read-only."""


def optics_preset(name: str) -> OpticsPreset:
    """The preset of that name.

    Raises:
        UnknownNameError: If there is none; the message suggests the nearest.

    Examples:
        >>> optics_preset("micius").link.wavelength_nm
        850.0
    """
    return OPTICS[check_one_of("preset", name, OPTICS)]
