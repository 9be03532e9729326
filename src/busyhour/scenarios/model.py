"""A scenario as data: planned traffic, caller behaviour, functions and tables, the drive, and objectives.

`scenarios.reader` makes these from TOML; see scenarios/scenario.schema.json for the file format. All times
are in seconds, rates per second unless the name says otherwise, shares 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from busyhour.scenarios.account import AwsTarget, Client, SupportFacts
from busyhour.scenarios.traffic import LoadProfile, Plan, Traffic, Wave


class DriveKind(StrEnum):
    """What the load generator does for one call."""

    VOICE = "voice"
    """StartOutboundVoiceContact; the target runs the call."""
    BACKEND = "backend"
    """The whole call through the flow machine; Lambda is invoked as by Connect. No call is placed."""
    LAMBDA = "lambda"
    """One Lambda invocation with Connect's event for each call."""
    DYNAMODB = "dynamodb"
    """The table operations of one call."""

    @property
    def services(self) -> frozenset[str]:
        """The AWS services that take part; functions in Lambda read and write tables."""
        every = frozenset({"connect", "lambda", "dynamodb"})
        match self:
            case DriveKind.LAMBDA:
                return every - {"connect"}
            case DriveKind.DYNAMODB:
                return frozenset({"dynamodb"})
            case _:
                return every

    @property
    def reaches(self) -> frozenset[str]:
        """The AWS services whose limits a run reaches: without placed calls, Connect's are not."""
        return self.services if self is DriveKind.VOICE else self.services - {"connect"}

    @property
    def has_calls(self) -> bool:
        """Whether there are calls in Connect, or calls simulated by the generator."""
        return "connect" in self.services


@dataclass(frozen=True, slots=True)
class Distribution:
    """A non-negative random duration in seconds.

    `kind` is constant, exponential, lognormal, gamma or uniform. `cv` is the coefficient of variation
    (lognormal, gamma). For uniform `low` and `high` bound it; for the others `high`, where set, truncates.
    """

    kind: str
    mean: float
    cv: float = 1.0
    low: float = 0.0
    high: float | None = None


@dataclass(frozen=True, slots=True)
class MenuBehaviour:
    """Choices of callers at one input: probability by digits; `otherwise` has the remaining probability.

    Keys of `choices` are digits, an intent name (Lex), or `silence` / `hang_up`.
    """

    choices: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Redial:
    """Redials of blocked callers (reorder tone, or 429 for a dialler).

    The share `share` redials, `after` a pause, at most `attempts` times.
    """

    share: float
    after: Distribution = Distribution("exponential", 30.0)
    attempts: int = 3


@dataclass(frozen=True, slots=True)
class Callers:
    """Behaviour of callers."""

    patience: Distribution
    """Time a caller waits in a queue before abandoning."""
    talk: Distribution
    """Time with the agent, hold included. AHT = talk + wrap-up."""
    wrap_up: Distribution
    answer: Distribution = Distribution("constant", 4.0)
    """Outbound: ringing until answered."""
    answered: float = 1.0
    """Outbound: share of calls that are answered."""
    menus: Mapping[str, MenuBehaviour] = field(default_factory=dict)
    """By action: display name, identifier or `flow/action`.

    An action without an entry: uniform over its choices.
    """
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Stored input by action: the values entered; one is drawn. `#` in a value is a random digit, `\\#` the key #."""
    think: Distribution = Distribution("lognormal", 2.0, 0.5)
    """From the end of a prompt to the first key."""
    hang_up_rate: float = 0.0
    """Probability that a caller hangs up during any one prompt."""
    numbers: tuple[str, ...] = ("+120255501##",)
    """Numbers that calls come from (inbound) or go to (outbound); one is drawn. `#` is a random digit."""
    redial: Redial | None = None
    """Redials of blocked callers; None: they give up. For forecasts only: runs place every call once."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue and its agents, which serve only this queue."""

    name: str
    agents: int
    capacity: int | None = None
    open_share: float = 1.0
    """Probability that the hours of operation are open when a call checks them."""
    arn: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """How one operation reads or writes a table."""

    consistent: bool = False
    """Strongly consistent reads; they cost twice the eventually consistent ones."""
    items: int | None = None
    """Items that one operation reads or writes; None: 1, or for a Scan all items of the table."""
    index: str | None = None
    """Global secondary index that is read instead of the table."""


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function behind the flows.

    `handler` is `path/to/file.py:callable`, run by the emulator; without it the `latency` model answers with
    `response`. `url` is where the emulator sends invocations instead, for any other runtime; the forecast
    uses the latency. `operations` are DynamoDB operations of one invocation, by `table.Operation`.
    """

    name: str
    handler: str | None = None
    latency: Distribution | None = None
    response: Mapping[str, str] = field(default_factory=dict)
    error_share: float = 0.0
    operations: Mapping[str, float] = field(default_factory=dict)
    access: Mapping[str, Access] = field(default_factory=dict)
    """Access of operations, by the keys of `operations`, unless the default."""
    environment: Mapping[str, str] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    cold_start: Distribution | None = None
    timeout: float = 8.0
    memory_mb: int = 128
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ExternalLimit:
    """The limit of an external system: behind functions (CRM, database pool), or the carrier.

    Either `rate` (requests/s, with `burst`) or `concurrency` (concurrent requests). `takes` is the duration
    of a request in seconds, as part of the function's latency.
    """

    name: str
    functions: tuple[str, ...] = ()
    """Functions whose invocations use it."""
    calls: bool = False
    """Every call occupies one place, for its whole life."""
    rate: float | None = None
    burst: float = 1.0
    concurrency: int | None = None
    per_invocation: float = 1.0
    """Consecutive requests of one invocation."""
    takes: Distribution | None = None
    tolerated: float | None = None
    """Share of the requests that may be rejected; None: 1 %."""

    @property
    def value(self) -> float:
        """The limit in its own unit."""
        return float(self.concurrency if self.concurrency is not None else self.rate or 0.0)


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """Choice of a table's items, if a run drives the table itself."""

    count: int | None = None
    """Number of keys; None: the table's items, or 10,000 generated ones without items."""
    zipf: float = 0.0
    """Exponent: the key of rank r is requested in proportion to 1 / r^zipf; 0: uniform."""
    recorded: Path | None = None
    """Recorded values of the partition key, one a line; replayed in that order."""


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table: its CreateTable arguments and items to load before the run."""

    name: str
    definition: Path
    items: Path | None = None
    keys: KeyChoice = KeyChoice()
    item_bytes: tuple[int, int] = (400, 400)
    """Smallest and largest size of the items that are written, and of generated items that are read."""


@dataclass(frozen=True, slots=True)
class Flows:
    """The exported flows: files, the entry flow's name, and names for ARNs and ids that flows refer to."""

    files: tuple[Path, ...]
    entry: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    """ARN, id or placeholder in an export -> name of a flow in the scenario."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A bound that must be met.

    `metric` is e.g. `latency_p99:lambda`, `throttles`, `error_share`, `blocked_share`, `service_level`,
    `late_arrivals`; `scenarios.objectives` has them all. The measured value must be at most (`at_most`) or at
    least (`at_least`) the bound: milliseconds for latencies, 0..1 for shares, otherwise a number.
    """

    metric: str
    at_most: float | None = None
    at_least: float | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """The whole scenario.

    `path` is the file it came from; every path inside is absolute. `plan` is the planned traffic, `test` how
    a run tests it, `traffic` the arrivals that the run drives for that.
    """

    name: str
    path: Path
    description: str
    seed: int
    drive: DriveKind
    traffic: Traffic
    plan: Plan
    test: LoadProfile
    callers: Callers
    flows: Flows
    queues: Mapping[str, Queue] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    limits: Mapping[str, ExternalLimit] = field(default_factory=dict)
    """Limits of external systems, by name."""
    objectives: tuple[Objective, ...] = ()
    headroom: float = 0.0
    """Share of every quota that must stay free at the measured peak."""
    quotas: Mapping[str, float] = field(default_factory=dict)
    """Initial quota values of the emulator, by quota code or key: increases that AWS has already applied."""
    aws: AwsTarget = field(default_factory=AwsTarget)
    client: Client = field(default_factory=Client)
    prompt_seconds: Mapping[str, float] = field(default_factory=dict)
    """Lengths of recorded prompts, by prompt id, ARN or name."""
    service_level_seconds: float = 20.0
    """Threshold of the service level: a queued call answered within this many seconds is answered in time."""
    waves: tuple[Wave, ...] = ()
    """Migration waves in order of their dates; empty: the whole plan is on Connect from the start."""
    support: SupportFacts = field(default_factory=SupportFacts)
    usage: Mapping[str, float] = field(default_factory=dict)
    """Figures for capacity rules that only the team knows: `analytics_share`, `contact_record_kb`, ..."""
    overrides: tuple[str, ...] = ()
    """`key=value` settings that replaced values of the file.

    `path` alone does not reproduce this scenario.
    """
