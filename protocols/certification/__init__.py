"""Certification: requirements, checks and attacks whose results are evidence, and files of it.

Nothing here certifies: what comes out is evidence for, or against, a requirement.
"""

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
    from protocols.certification.catalogue import requirements as requirements
    from protocols.certification.check_result import (
        DECISIONS as DECISIONS,
        AttackResult as AttackResult,
        CheckResult as CheckResult,
        overall as overall,
    )
    from protocols.certification.described import described as described
    from protocols.certification.device import (
        DeviceUnderTest as DeviceUnderTest,
        Monitors as Monitors,
        QuadratureLink as QuadratureLink,
    )
    from protocols.certification.evidence.files import (
        read_evidence as read_evidence,
        verify_evidence as verify_evidence,
        write_evidence as write_evidence,
    )
    from protocols.certification.evidence.statement import SuiteRun as SuiteRun
    from protocols.certification.known_answers.checks import (
        check_known_answers as check_known_answers,
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
    from protocols.certification.recorded import read_counts as read_counts
    from protocols.certification.suite import Suite as Suite
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
