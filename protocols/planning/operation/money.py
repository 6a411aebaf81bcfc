r"""Money of a network: annuity, yearly cost, cost per bit and per key, and the bill over the years.

An investment C that is paid back in n equal yearly amounts at interest r costs a C a year, with the
annuity factor

.. math:: a = \frac{r}{1 - (1 + r)^{-n}},

or C/n without interest. Operation is a share of the investment a year. A bit of key costs the
yearly cost over the bits of a year, with the availability counted in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qnet.errors import check_non_negative, check_positive, check_probability
from qnet.schema import Description, Whole, Within, check_fields, key

__all__ = [
    "YEAR_S",
    "MoneyTable",
    "YearOfCost",
    "annuity_factor",
    "cost_over_years",
    "cost_per_bit",
    "yearly_cost",
]

#: Seconds of a year of 365.25 days.
YEAR_S = 365.25 * 86_400.0

_INTEREST = Within(
    low=0.0, high=1.0, rule="lie in [0, 1]", hint="4 % a year is interest = 0.04, not 4"
)
_OPERATION = Within(
    low=0.0,
    high=10.0,
    rule="lie in [0, 10]",
    hint="0.12 is 12 % of the investment a year",
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoneyTable(Description):
    """What money costs, and what operation costs: [money]. All defaults are assumed.

    Args:
        interest: Interest of a year, as a share.
        years: Years in which the investment is paid back.
        operation_per_year: Cost of operation in a year, as a share of the investment; staff is part
            of it.
        currency: Name of the unit of all costs, for reports.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> round(MoneyTable().annuity, 9)
        0.123290944
    """

    interest: float = key(0.04, check=_INTEREST)
    years: int = key(10, check=Whole(minimum=1, maximum=100))
    operation_per_year: float = key(0.12, check=_OPERATION)
    currency: str = "units"

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def annuity(self) -> float:
        """Share of the investment that is paid each year."""
        return annuity_factor(self.interest, self.years)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearOfCost:
    """What one year costs.

    Args:
        year: Its number; 0 is when the network is built.
        investment: Capital that is spent in it.
        operation: Cost of operation in it.
        present_value: Both, discounted to year 0.
        so_far: Sum of the present values up to this year.
    """

    year: int
    investment: float
    operation: float
    present_value: float
    so_far: float


def annuity_factor(interest: float, years: int) -> float:
    """Share of an investment that is paid each year, so that it is paid back with interest.

    Args:
        interest: Interest of a year, as a share.
        years: Number of payments.

    Examples:
        >>> round(1e6 * annuity_factor(0.04, 10), 3)
        123290.944
        >>> annuity_factor(0.0, 10)
        0.1
    """
    check_non_negative("interest", interest)
    check_positive("years", years)
    if interest == 0.0:
        return 1.0 / years
    # Without loss of digits at small interest: 1 - (1+r)^-n = -expm1(-n log1p(r)).
    return interest / -math.expm1(-years * math.log1p(interest))


def yearly_cost(capital: float, money: MoneyTable) -> float:
    """Cost of a year: what is paid back of the investment, and operation.

    Args:
        capital: The investment.
        money: What money and operation cost.

    Examples:
        >>> round(yearly_cost(1e6, MoneyTable()), 3)
        243290.944
    """
    return check_non_negative("capital", capital) * (money.annuity + money.operation_per_year)


def cost_per_bit(per_year: float, key_rate_hz: float, availability: float = 1.0) -> float:
    """Cost of a secret bit; infinite where none comes.

    Args:
        per_year: Cost of a year.
        key_rate_hz: Secret bits per second while the key flows.
        availability: Share of time in which it flows.

    Examples:
        >>> f"{cost_per_bit(243290.9443, 10e3, 0.99):.6e}"
        '7.787298e-07'
        >>> cost_per_bit(1.0, 0.0)
        inf
    """
    check_non_negative("per_year", per_year)
    check_non_negative("key_rate_hz", key_rate_hz)
    check_probability("availability", availability)
    bits = key_rate_hz * availability * YEAR_S
    return per_year / bits if bits > 0.0 else math.inf


def cost_over_years(capital: float, money: MoneyTable) -> tuple[YearOfCost, ...]:
    """The bill year by year, discounted: the investment in year 0, then operation.

    The sum of the present values, paid as an annuity, is the `yearly_cost`.

    Args:
        capital: The investment.
        money: What money and operation cost.

    Examples:
        >>> rows = cost_over_years(100.0, MoneyTable(interest=0.0, years=2))
        >>> [(row.year, row.investment, row.operation, row.so_far) for row in rows]
        [(0, 100.0, 0.0, 100.0), (1, 0.0, 12.0, 112.0), (2, 0.0, 12.0, 124.0)]
    """
    check_non_negative("capital", capital)
    rows, so_far = [], 0.0
    for year in range(money.years + 1):
        investment = capital if year == 0 else 0.0
        operation = 0.0 if year == 0 else capital * money.operation_per_year
        value = (investment + operation) / (1.0 + money.interest) ** year
        so_far += value
        rows.append(
            YearOfCost(
                year=year,
                investment=investment,
                operation=operation,
                present_value=value,
                so_far=so_far,
            )
        )
    return tuple(rows)
