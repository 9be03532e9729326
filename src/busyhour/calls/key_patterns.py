r"""What a scenario's callers enter: `#` is any digit, `\#` the key #, `,` a pause."""

from __future__ import annotations

import re
from functools import lru_cache

ANY = ""
"""Token of any digit."""

_TOKEN = re.compile(r"\\#|.", re.DOTALL)


@lru_cache(maxsize=4096)
def tokens(pattern: str) -> tuple[str, ...]:
    """Return the keys of a pattern in order, `ANY` for any digit."""
    return tuple({"#": ANY, "\\#": "#"}.get(one, one) for one in _TOKEN.findall(pattern))


def any_digits(number: int) -> str:
    """Return the pattern of a number of any digits."""
    return "#" * number
