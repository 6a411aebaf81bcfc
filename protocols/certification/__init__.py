"""Certification: attacks on an emulated device, and the statistics that tell whether they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.certification.attacks import (
        ATTACKS as ATTACKS,
        SILENT as SILENT,
        AttackEffect as AttackEffect,
        AttackModel as AttackModel,
        attack_of as attack_of,
        intercepted_fraction_bound as intercepted_fraction_bound,
    )
    from protocols.certification.device import (
        DeviceUnderTest as DeviceUnderTest,
        Monitors as Monitors,
        QuadratureLink as QuadratureLink,
    )
    from protocols.certification.observables import (
        OBSERVABLES as OBSERVABLES,
        Observable as Observable,
        ShareOfRounds as ShareOfRounds,
    )
    from protocols.certification.power import (
        DetectionPower as DetectionPower,
        detection_power as detection_power,
        power_at as power_at,
        powers_at as powers_at,
        statistic_of as statistic_of,
    )
    from protocols.certification.quadratures import (
        QUADRATURES as QUADRATURES,
        QuadratureStatistic as QuadratureStatistic,
    )
    from qnet.metrics.binomial_tests import (
        BinomialTest as BinomialTest,
        SampleSizes as SampleSizes,
        binomial_test as binomial_test,
        normal_sample_size as normal_sample_size,
        sample_sizes as sample_sizes,
    )
    from qnet.metrics.many_tests import (
        CORRECTIONS as CORRECTIONS,
        alarm_numbers as alarm_numbers,
        exact_level as exact_level,
        holm as holm,
        level_of_each as level_of_each,
        suite_size as suite_size,
    )
    from qnet.metrics.rate_comparison import RateComparison as RateComparison
    from qnet.metrics.sequential_tests import (
        SPENDING as SPENDING,
        SequentialTest as SequentialTest,
        WatchedLink as WatchedLink,
        sequential_test as sequential_test,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
