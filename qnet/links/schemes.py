"""Table of the schemes of elementary links, by name."""

from __future__ import annotations

from typing import Any

from qnet.errors import check_one_of
from qnet.hardware import Preset
from qnet.links.abstract import Abstract
from qnet.links.direct import Direct
from qnet.links.double_click import DoubleClick
from qnet.links.midpoint_source import MidpointSource
from qnet.links.scheme import LinkScheme
from qnet.links.single_click import SingleClick

__all__ = ["SCHEMES", "scheme_of"]

#: Every scheme by name; a new one is a file beside these and a line here.
SCHEMES: dict[str, type[LinkScheme]] = {
    kind.scheme: kind for kind in (Abstract, SingleClick, DoubleClick, MidpointSource, Direct)
}


def scheme_of(preset: Preset, length_km: float, **options: Any) -> LinkScheme:  # noqa: ANN401
    """The scheme of a preset, over a piece of its fibre.

    Args:
        preset: The preset.
        length_km: Length of the fibre from end to end, in km.
        options: Keyword arguments of the scheme's class.

    Raises:
        UnknownNameError: If there is no such scheme.
        ParameterError: If a number breaks its rule.

    Examples:
        >>> from qnet.hardware import preset
        >>> scheme_of(preset("nv-2019"), 1.0).link().name
        'single-click'
    """
    scheme: Any = SCHEMES[check_one_of("scheme", preset.scheme, SCHEMES)]
    found: LinkScheme = scheme(preset, preset.channel(length_km), **options)
    return found
