"""Lower limits of a new account: applied values by quota code.

AWS documents that "the default and applied quota values for your account might be lower" without figures. Known
cases: a new Connect instance may have 0 concurrent calls until an increase is granted (observed by the
maintainers of a public repository), and a new account has 10 concurrent Lambda executions instead of 1,000
("reduced concurrency" in the Lambda guide; the figure is from a third party's installation guide).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class AccountAge(StrEnum):
    """Age of the account."""

    NEW = "new"
    MATURE = "mature"


LOWER: Mapping[AccountAge, Mapping[str, float]] = {
    AccountAge.NEW: {"L-12AB7C57": 0.0, "L-B99A9384": 10.0},
    AccountAge.MATURE: {},
}
