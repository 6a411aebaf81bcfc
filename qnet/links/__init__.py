"""Elementary links: heralded generation, compiled from its circuits.

Success probability, attempt time and state of a link come from the circuits of
:mod:`qnet.circuits.photonic` under the noise of the hardware. Each scheme takes a preset or a node
with a fibre length, or the numbers of an attempt (:class:`HeraldedAttempt`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from qnet.errors import check_one_of
from qnet.hardware import Preset
from qnet.links.absorption import (
    direct_heralds,
    direct_link,
    midpoint_source_heralds,
    midpoint_source_link,
)
from qnet.links.abstract import abstract_link, multiplexed
from qnet.links.attempt import HeraldedAttempt
from qnet.links.herald import Herald
from qnet.links.interference import (
    double_click_heralds,
    double_click_link,
    single_click_heralds,
    single_click_link,
)
from qnet.plans import Link

__all__ = [
    "SCHEMES",
    "Herald",
    "HeraldedAttempt",
    "abstract_link",
    "direct_link",
    "double_click_link",
    "heralds",
    "midpoint_source_link",
    "multiplexed",
    "preset_link",
    "single_click_link",
]

#: Every scheme by name, as the function that makes its link.
SCHEMES: Mapping[str, Callable[..., Link]] = MappingProxyType(
    {
        "single-click": single_click_link,
        "double-click": double_click_link,
        "midpoint-source": midpoint_source_link,
        "direct": direct_link,
        "abstract": abstract_link,
    }
)

_HERALDS: Mapping[str, Callable[..., tuple[Herald, ...]]] = {
    "single-click": single_click_heralds,
    "double-click": double_click_heralds,
    "midpoint-source": midpoint_source_heralds,
    "direct": direct_heralds,
}


def heralds(scheme: str, *args: Any, **options: Any) -> tuple[Herald, ...]:  # noqa: ANN401
    """The patterns of clicks that herald a pair, each with its probability and state.

    Args:
        scheme: A name of ``SCHEMES``, but ``"abstract"``.
        args: Positional arguments of the function that makes the link.
        options: Its keyword arguments.

    Returns:
        One entry per pattern; probabilities are per attempt and mode, states follow the correction.

    Raises:
        UnknownNameError: If the scheme does not exist.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-5)
        >>> for herald in heralds("double-click", attempt):
        ...     print(f"{herald.clicks:14} {herald.correction} {herald.probability:.5f}")
        plus, plus     X 0.00125
        plus, minus    Y 0.00125
        minus, plus    Y 0.00125
        minus, minus   X 0.00125
    """
    return _HERALDS[check_one_of("scheme", scheme, _HERALDS)](*args, **options)


def preset_link(preset: Preset, length_km: float, **options: Any) -> Link:  # noqa: ANN401
    """The link of a preset, in its own scheme.

    Args:
        preset: The preset.
        length_km: Length of the fibre from end to end, in km.
        options: Keyword arguments of the scheme's function.

    Raises:
        ParameterError: If a number breaks its rule.

    Examples:
        >>> from qnet.hardware import preset
        >>> preset_link(preset("nv-2019"), 1.0).name
        'single-click'
    """
    return SCHEMES[preset.scheme](preset, length_km, **options)
