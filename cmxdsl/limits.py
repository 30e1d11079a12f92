"""Limits: how much work may go into one answer, and what is said when it would take more.

Work is counted in tuples, links or steps and never in seconds: the same text gives the same answer on any machine.
"""

from __future__ import annotations

from cmxdsl.records import define


class LimitExceeded(Exception):
    """An answer would take more work than its limit; the message says how much, and the limit.

    Every such exception is of this class. What it stops is not decided: a check says so with CMX0004, a command with
    status 1.
    """


def over(needed: int, limit: int, what: str) -> str:
    """`too many tuples: 30,000,000 (limit 20,000,000)`."""
    return f"too many {what}: {needed:,} (limit {limit:,})"


class TooManySteps(LimitExceeded):
    """Work whose amount is known only when it is done was stopped."""


@define
class Steps:
    """A count of the steps that one answer has taken, where they cannot be told beforehand."""

    limit: int
    what: str = "steps"
    taken: int = 0

    def take(self, steps: int = 1) -> None:
        """Count steps. Raises TooManySteps past the limit."""
        self.taken += steps
        if self.taken > self.limit:
            raise TooManySteps(f"too many {self.what} (limit {self.limit:,})")
