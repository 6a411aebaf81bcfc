"""Tests of random bits: statistical tests, entropy estimates, health tests, entropy budgets.

`judge` puts a string of bits to all of them; `catalogue` lists them, a row each. What passes is
evidence for fair bits, or for a min-entropy, and no proof of it.

Examples:
    >>> from protocols.randomness import judge, own_stream
    >>> judge(own_stream("words", 1000, seed=1).bits).decision
    'pass'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.randomness.battery import (
        BatterySettings as BatterySettings,
        Finding as Finding,
        RandomnessReport as RandomnessReport,
        judge as judge,
    )
    from protocols.randomness.budget import (
        min_entropy_of_bias as min_entropy_of_bias,
        raw_bits_for_seed as raw_bits_for_seed,
        seed_bits_from as seed_bits_from,
        shannon_entropy_of_bias as shannon_entropy_of_bias,
    )
    from protocols.randomness.catalogue import (
        BIT_TESTS as BIT_TESTS,
        ENTROPY_ESTIMATORS as ENTROPY_ESTIMATORS,
    )
    from protocols.randomness.health import (
        adaptive_proportion as adaptive_proportion,
        adaptive_proportion_cutoff as adaptive_proportion_cutoff,
        repetition_count as repetition_count,
        repetition_cutoff as repetition_cutoff,
    )
    from protocols.randomness.monitor import (
        HealthAlarm as HealthAlarm,
        HealthMonitor as HealthMonitor,
    )
    from protocols.randomness.streams import (
        MOST_BYTES as MOST_BYTES,
        OWN_STREAMS as OWN_STREAMS,
        BitStream as BitStream,
        own_stream as own_stream,
        parse_bits as parse_bits,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
