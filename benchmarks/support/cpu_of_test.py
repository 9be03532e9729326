"""Prints how many requests Locust counted per CPU second of this process, from test start to the end."""

from locust import events

import json
import time

_start = {}


@events.test_start.add_listener
def begin(**_):
    """Note the CPU time."""
    _start.update(cpu=time.process_time(), wall=time.monotonic())


@events.test_stopping.add_listener
def end(environment, **_):
    """Print the figure once."""
    if "done" in _start:
        return
    _start["done"] = True
    cpu, wall = time.process_time() - _start["cpu"], time.monotonic() - _start["wall"]
    total = environment.stats.total
    print(
        json.dumps(
            {
                "bench": "cpu",
                "requests": total.num_requests,
                "failures": total.num_failures,
                "per_cpu_second": total.num_requests / cpu,
                "per_second": total.num_requests / wall,
                "cpu_share": cpu / wall,
            }
        ),
        flush=True,
    )
