"""Optics of a satellite link as a file describes them: [optics], over a preset or alone.

The table [background] is `qnet.space.optics.SkyBackground` itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from qnet.schema import Description, Part, check_fields, entries, key, missing
from qnet.space.optics.budget import OpticalLink
from qnet.space.optics.presets import OPTICS, optics_preset

__all__ = ["OpticsTable"]


@dataclass(frozen=True, kw_only=True, repr=False)
class OpticsTable(Description):
    """Telescopes, pointing and air of the link: [optics].

    Args:
        preset: Name of published optics; the other keys replace its values.
        own: The keys of `OpticalLink` that the file gives.

    Raises:
        ParameterError: If a key is missing and there is no preset, or a value is out of its range.

    Examples:
        >>> table = OpticsTable(preset="satquma", own=Part(OpticalLink, {"jitter_urad": 1.0}))
        >>> table.link.jitter_urad, table.link.receiver_radius_m
        (1.0, 0.6)
    """

    preset: str | None = key(None, choices=tuple(OPTICS), example="satquma")
    own: Part[OpticalLink] = key(factory=lambda: Part(OpticalLink), flat=True)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.preset is None:
            for entry in entries(OpticalLink):
                if entry.is_required and entry.name not in self.own:
                    raise missing(entry.name, entry.options.example)
        self.own.over(self._base)

    @property
    def link(self) -> OpticalLink:
        """The link: the keys given, the others from the preset or the defaults."""
        return self.own.over(self._base)

    @property
    def references(self) -> tuple[str, ...]:
        """Keys of the works behind the preset and the models, in ``qnet.references.REFERENCES``."""
        published = () if self.preset is None else optics_preset(self.preset).references
        return tuple(dict.fromkeys((*published, *self.link.references)))

    @property
    def _base(self) -> OpticalLink | None:
        """The link of the preset."""
        return None if self.preset is None else optics_preset(self.preset).link
