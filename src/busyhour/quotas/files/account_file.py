"""A file of quota values that were read from an account, with the date of the reading.

Either what `busyhour quotas --source aws --format json` wrote, or a TOML or JSON file of values with `read_at`:

```toml
read_at = 2026-11-20
"L-12AB7C57" = 500
```
"""

from __future__ import annotations

from pathlib import Path

from busyhour.errors import BusyhourError
from busyhour.input_files import parse_json, read_text
from busyhour.quotas.diff import read_listing
from busyhour.quotas.files.overrides import read_file
from busyhour.quotas.freshness import FROM_ACCOUNT
from busyhour.quotas.model import Origin, Quota, QuotaValue
from busyhour.quotas.table.quota_table import QuotaTable


class Known:
    """A source of values that are known already.

    Args:
        values: by quota key.
    """

    origin = Origin.FILE
    required_iam_actions: tuple[str, ...] = ()

    def __init__(self, values: dict[str, QuotaValue]) -> None:
        self.values = values

    def read(self, quota: Quota) -> QuotaValue | None:
        """Return the value of one quota, or None."""
        return self.values.get(quota.key)


def read_account_file(path: Path, table: QuotaTable) -> dict[str, QuotaValue]:
    """Read the account's values from a file, by quota key; defaults in a listing are left out.

    Raises:
        BusyhourError: it cannot be read, names an unknown quota, or has no date of the reading.
    """
    if _is_listing(path):
        found = _of_listing(path, table)
    else:
        file = read_file(path, table)
        if file.origin is not Origin.FILE:
            raise BusyhourError(
                f"{path} has no date on which its values were read from the account.",
                "Write read_at = 2026-11-20 (the day) into it, or let it be written: "
                f"busyhour quotas --source aws --instance ARN --format json > {path.with_suffix('.json')}",
            )
        found = {quota.key: value for quota in table if (value := file.read(quota)) is not None}
    if not found:
        raise BusyhourError(
            f"{path} has no value that was read from an account.",
            "Write it with: busyhour quotas --source aws --instance ARN --format json",
        )
    return found


def _is_listing(path: Path) -> bool:
    if path.suffix != ".json":
        return False
    try:
        data = parse_json(read_text(path))
    except (OSError, ValueError):
        return False  # the reader of values reports the error
    return isinstance(data, dict) and isinstance(data.get("quotas"), list)


def _of_listing(path: Path, table: QuotaTable) -> dict[str, QuotaValue]:
    return {
        key: QuotaValue(
            table.by_key(key),
            float(row["value"]),
            Origin(row["origin"]),
            row["read_at"],
            f"{path.name}: {row.get('detail') or row['origin']}",
        )
        for key, row in read_listing(path).items()
        if key in table and row["origin"] in FROM_ACCOUNT
    }
