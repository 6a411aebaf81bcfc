"""The sampled engine: Monte Carlo over the timing, exact states given the timing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.engines.sampled.about import ENGINE as ENGINE
    from qnet.engines.sampled.deliveries import (
        Deliveries as Deliveries,
        concatenate as concatenate,
    )
    from qnet.engines.sampled.engine import (
        batch_draw as batch_draw,
        batch_size as batch_size,
        delivery as delivery,
        play_sampled as play_sampled,
    )
    from qnet.engines.sampled.rounds import SampledRounds as SampledRounds
    from qnet.engines.sampled.sampler import (
        STEPS as STEPS,
        SampledInRounds as SampledInRounds,
        SampledStep as SampledStep,
        Sampler as Sampler,
        States as States,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
