"""Permit for dialling a real account: written by the safety gate, taken once by the generator.

`busyhour run --target aws --live` writes the permit into the run's folder after the gate has passed, and gives
its secret to the generator that it starts. A locustfile that was started in any other way has no permit and
dials nothing. This guards against mistakes, not against forged permits: a user who can write the run's folder
can call AWS anyway.

Pure except for the file, and without Locust: the harness issues, the load side takes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from busyhour.errors import BusyhourError, ExitCode
from busyhour.results import store
from busyhour.scenarios.model import Scenario

if TYPE_CHECKING:
    from busyhour.load.settings import Settings

FILE = "permit.json"
TAKEN_FILE = "permit.taken.json"
VARIABLE = "BUSYHOUR_PERMIT"
"""Environment variable with the permit's secret; only its digest is on disk."""

WAY_OUT = (
    "Start it with `busyhour run SCENARIO --target aws --live`, which runs the safety gate and supervises the run "
    "(docs/aws.md). To try a locustfile, start `busyhour emulator` and give its URL with --host."
)


@dataclass(frozen=True, slots=True)
class Permit:
    """The targets that one run may dial, and until when."""

    run: str
    """Name of the run's folder."""
    account: str
    region: str
    instance: str
    plan: str
    """`plan_of` the scenario that the gate approved."""
    issuer: int
    """Process id of the `busyhour run` that supervises it."""
    expires: float
    """Epoch seconds of this machine: after this time no call may be started."""
    digest: str
    """SHA-256 of the secret."""

    def to_wire(self, now: float) -> dict[str, Any]:
        """Convert for a worker on another machine, whose clock may differ: seconds left instead of a time."""
        return {**asdict(self), "expires": self.expires - now}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any], now: float) -> Permit:
        """The inverse of `to_wire`, by this machine's clock."""
        return cls(**{**wire, "expires": now + float(wire["expires"])})

    def objection(self, settings: Settings, scenario: Scenario, now: float) -> str:
        """Return why this permit does not cover `settings` and `scenario`, as part of a sentence.

        Empty if it does.
        """
        for name, permitted, wanted in (
            ("account", self.account, settings.account),
            ("Region", self.region, settings.region),
            ("instance", self.instance, settings.instance),
        ):
            if permitted != wanted:
                return f"is for {name} {permitted!r}, not {wanted!r}"
        if self.plan != plan_of(scenario):
            return f"is for a plan other than {scenario.path}: traffic, caps, destinations or kind of load differ"
        if not now < self.expires:
            return "has expired: the time that the safety gate allowed is over"
        return ""


def plan_of(scenario: Scenario) -> str:
    """Return a fingerprint of what the gate checks: traffic, seed, kind of load, [aws] but the approval's path."""
    looked_at = (
        *(scenario.traffic, scenario.seed, scenario.drive, scenario.flows.entry, scenario.client),
        replace(scenario.aws, approval=None),
    )
    return hashlib.sha256(repr(looked_at).encode()).hexdigest()


def issue(folder: Path, scenario: Scenario, seconds: float, *, now: float | None = None) -> str:
    """Write the permit of a run into its folder and return the secret to start the generator with.

    Args:
        folder: folder of the run.
        scenario: the scenario that the gate approved.
        seconds: duration during which calls may be started.
        now: epoch seconds; None: the machine's clock.

    Raises:
        BusyhourError: the file cannot be written.
    """
    secret = secrets.token_urlsafe(24)
    permit = Permit(
        run=folder.resolve().name,
        account=scenario.aws.account,
        region=scenario.aws.region,
        instance=scenario.aws.instance,
        plan=plan_of(scenario),
        issuer=os.getpid(),
        expires=(time.time() if now is None else now) + seconds,
        digest=_digest(secret),
    )
    store.write_json(folder / FILE, asdict(permit))
    return secret


def withdraw(folder: Path) -> None:
    """Withdraw a permit that was not taken."""
    (folder / FILE).unlink(missing_ok=True)


def take(settings: Settings, scenario: Scenario, now: float) -> Permit:
    """Take the permit that `busyhour run` wrote for this process. It can be taken once.

    Raises:
        BusyhourError: there is none, or it belongs to another run, parent or target (exit code 3).
    """
    if not settings.permit or settings.run_dir is None:
        raise _refused(
            settings, "this process was not started by `busyhour run`, so the safety gate did not run"
        )
    path = settings.run_dir / FILE
    try:
        found = _read(store.read_json(path))
    except BusyhourError as error:
        used = (settings.run_dir / TAKEN_FILE).exists()
        why = f"the permit in {settings.run_dir} was used already" if used else error.message.rstrip(".")
        raise _refused(settings, why) from None
    if not hmac.compare_digest(found.digest, _digest(settings.permit)):
        raise _refused(settings, f"{VARIABLE} is not the secret of {path}")
    if found.run != settings.run_dir.resolve().name:
        raise _refused(settings, f"{path} is the permit of the run {found.run!r}")
    if found.issuer != os.getppid():
        raise _refused(settings, f"{path} was written for a generator that its own `busyhour run` starts")
    require(found, settings, scenario, now)
    try:
        path.rename(settings.run_dir / TAKEN_FILE)
    except OSError:
        raise _refused(settings, f"the permit in {settings.run_dir} was used already") from None
    return found


def require(permit: Permit | None, settings: Settings, scenario: Scenario, now: float) -> None:
    """Check that there is a permit for exactly these settings and this scenario.

    Raises:
        BusyhourError: there is none, or it does not cover them (exit code 3).
    """
    if permit is None:
        raise _refused(settings, "this process has no permit from the safety gate")
    why = permit.objection(settings, scenario, now)
    if why:
        raise _refused(settings, f"the run's permit {why}")


def _read(data: Mapping[str, Any]) -> Permit:
    try:
        found = Permit(**{field.name: data[field.name] for field in fields(Permit)})
    except (KeyError, TypeError) as error:
        raise BusyhourError(f"the permit has no {error}") from None
    for name, value in asdict(found).items():
        kind = {"issuer": int, "expires": float}.get(name, str)
        if not isinstance(value, kind):
            raise BusyhourError(f"the permit's {name} is {value!r}, not {kind.__name__}")
    return found


def _refused(settings: Settings, why: str) -> BusyhourError:
    return BusyhourError(
        f"Refused: AWS account {settings.account}, {settings.region} is not dialled: {why}.",
        WAY_OUT,
        ExitCode.REFUSED,
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
