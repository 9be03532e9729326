"""The function's log: the root logger's handler in the text format of Lambda's Python runtime."""

from __future__ import annotations

import logging
import sys
import time

_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"


class RuntimeLog(logging.Handler):
    """Writes to standard output, with the invocation id in `request_id`."""

    def __init__(self) -> None:
        super().__init__()
        self.request_id = ""
        self.setFormatter(logging.Formatter(_FORMAT, "%Y-%m-%dT%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record and a line end."""
        record.aws_request_id = self.request_id
        sys.stdout.write(self.format(record) + "\n")


def set_up() -> RuntimeLog:
    """Give the root logger its handler, and every formatter UTC, as the runtime does before the import."""
    logging.Formatter.converter = time.gmtime
    found = RuntimeLog()
    logging.getLogger().addHandler(found)
    return found
