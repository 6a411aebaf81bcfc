"""Security claims as lines of text, beside the secret bits."""

from __future__ import annotations

import textwrap

from qnet.metrics.security import SecurityClaim

__all__ = ["claim_lines"]

#: Width of a line for people.
_WIDTH = 100


def claim_lines(claim: SecurityClaim) -> list[str]:
    r"""The notion, and what it presumes.

    Args:
        claim: What is claimed of the secret bits.

    Examples:
        >>> print(*claim_lines(SecurityClaim(notion="asymptotic", assumes=("a", "b"))), sep="\n")
        security: asymptotic
          assumes: a; b
        >>> print(*claim_lines(SecurityClaim.none("no key: too noisy")))
        security: none
    """
    shown = claim.notion if claim.reason else str(claim)
    lines = [f"security: {shown}"]
    if claim.assumes:
        text = "assumes: " + "; ".join(claim.assumes)
        wrapper = textwrap.TextWrapper(
            _WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines += wrapper.wrap(text)
    return lines
