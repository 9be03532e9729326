"""Settings of a generator process: from `busyhour run` through the environment, or from options of plain `locust`.

| variable | meaning |
|---|---|
| BUSYHOUR_SCENARIO | path of the scenario |
| BUSYHOUR_OVERRIDES | `key=value` settings that replace values of the scenario, a JSON list |
| BUSYHOUR_RUN_ID | id of the run that `busyhour run` gave; load.json and progress.jsonl have it |
| BUSYHOUR_RUN_DIR | folder to write load.json and progress.jsonl into; none: they are not written |
| BUSYHOUR_TARGET | `emulator` or `aws`; without it `emulator` if there is an endpoint, otherwise rejected |
| BUSYHOUR_ENDPOINT | URL of the emulator; never set for AWS |
| BUSYHOUR_INSTANCE, BUSYHOUR_REGION, BUSYHOUR_ACCOUNT | the Connect instance |
| BUSYHOUR_PERMIT | secret of the permit that `busyhour run --live` wrote into the run's folder; without it AWS is not dialled |
| BUSYHOUR_PARENT | id of the process that started the generator and supervises it; the generator ends when it is gone |
| BUSYHOUR_MAX_CONNECTIONS | connections of one process to one service |
| BUSYHOUR_CONTACT_EVENTS | file to which contact events are appended, JSON lines: outcomes of voice calls come from it |
| BUSYHOUR_LIVE | `port` or `host:port` to show a headless run at: `/busyhour` for people, `/metrics` for Prometheus |
| BUSYHOUR_LATE_MS, BUSYHOUR_SLIP_P99_MS, BUSYHOUR_CPU_SHARE, BUSYHOUR_LOST_SHARE | see `results.load_result.Bounds` |
"""

from __future__ import annotations

import resource
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from busyhour.errors import BusyhourError
from busyhour.results.load_result import Bounds
from busyhour.scenarios.model import Scenario

CONTACT_EVENTS = "BUSYHOUR_CONTACT_EVENTS"
"""Variable with the file of contact events; `busyhour run` makes its own emulator write it."""

RESERVED_FILES = 256
"""File descriptors reserved for purposes other than connections."""

DEFAULT_INSTANCE = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one generator process."""

    scenario: Path
    target: str
    endpoint: str | None
    instance: str
    region: str
    account: str
    run_dir: Path | None = None
    run_id: str = ""
    """Id of the run, in each of its files; empty: it was started without `busyhour run`."""
    permit: str = field(default="", repr=False)
    """Secret of the run's permit to dial AWS; see `load.safety.permit`."""
    max_connections: int = 1024
    parent: int | None = None
    """Id of the process that supervises this one; None without one."""
    contact_events: Path | None = None
    """File of contact events; None: DescribeContact is polled."""
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def aws(self) -> bool:
        """Whether requests go to a real account."""
        return self.target == "aws"

    @property
    def instance_arn(self) -> str:
        """ARN of the Connect instance."""
        return f"arn:aws:connect:{self.region}:{self.account}:instance/{self.instance}"


def from_environment(environment: Mapping[str, str], scenario: Path | None = None) -> Settings:
    """Read the settings.

    Args:
        environment: `os.environ`, or part of it.
        scenario: from the command line; overrides the environment.

    Raises:
        BusyhourError: a variable has an invalid value, or no target is given.
    """
    named = scenario or (
        Path(environment["BUSYHOUR_SCENARIO"]) if environment.get("BUSYHOUR_SCENARIO") else None
    )
    if named is None:
        raise BusyhourError(
            "No scenario is named.",
            "Set BUSYHOUR_SCENARIO or give --busyhour-scenario with the path of a TOML file.",
        )
    endpoint = environment.get("BUSYHOUR_ENDPOINT") or None
    target = environment.get("BUSYHOUR_TARGET") or ("emulator" if endpoint else "")
    if target not in ("emulator", "aws"):
        raise BusyhourError(
            f"BUSYHOUR_TARGET is {target!r}; it must be 'emulator' or 'aws'."
            if target
            else "No target is given.",
            "Start `busyhour emulator` and set BUSYHOUR_ENDPOINT to the URL it prints. A real account is driven by "
            "`busyhour run --target aws`, which checks that it may be.",
        )
    if target == "emulator" and endpoint is None:
        raise BusyhourError(
            "BUSYHOUR_TARGET is 'emulator', but BUSYHOUR_ENDPOINT is not set.",
            "Start `busyhour emulator` and set BUSYHOUR_ENDPOINT to the URL it prints.",
        )
    run_dir, events = environment.get("BUSYHOUR_RUN_DIR"), environment.get(CONTACT_EVENTS)
    bounds = Bounds()
    return Settings(
        scenario=named,
        target=target,
        endpoint=endpoint,
        instance=environment.get("BUSYHOUR_INSTANCE") or DEFAULT_INSTANCE,
        region=environment.get("BUSYHOUR_REGION") or environment.get("AWS_REGION") or "us-east-1",
        account=environment.get("BUSYHOUR_ACCOUNT") or "123456789012",
        run_dir=Path(run_dir) if run_dir else None,
        run_id=environment.get("BUSYHOUR_RUN_ID", ""),
        permit=environment.get("BUSYHOUR_PERMIT", ""),
        contact_events=Path(events) if events else None,
        parent=int(_number(environment, "BUSYHOUR_PARENT", 1.0))
        if environment.get("BUSYHOUR_PARENT")
        else None,
        max_connections=int(_number(environment, "BUSYHOUR_MAX_CONNECTIONS", _files())),
        bounds=Bounds(
            late_ms=_number(environment, "BUSYHOUR_LATE_MS", bounds.late_ms),
            slip_p99_ms=_number(environment, "BUSYHOUR_SLIP_P99_MS", bounds.slip_p99_ms),
            cpu_share=_number(environment, "BUSYHOUR_CPU_SHARE", bounds.cpu_share),
            lost_share=_number(environment, "BUSYHOUR_LOST_SHARE", bounds.lost_share),
        ),
    )


def for_scenario(settings: Settings, scenario: Scenario) -> Settings:
    """Return the settings, with the scenario's AWS account for values missing in the environment."""
    from dataclasses import replace

    if not settings.aws:
        return settings
    wanted = scenario.aws
    return replace(
        settings,
        instance=settings.instance if settings.instance != DEFAULT_INSTANCE else wanted.instance,
        account=wanted.account or settings.account,
        region=wanted.region or settings.region,
    )


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if value <= 0:
        raise BusyhourError(
            f"{name} is {text!r}; it must be a number above 0.", f"Leave it out for {default:g}."
        )
    return value


def _files() -> float:
    """Return as many connections as open files are allowed."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return float(max(64, (soft if soft > 0 else 65536) - RESERVED_FILES))
