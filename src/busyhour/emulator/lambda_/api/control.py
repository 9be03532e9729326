"""Lambda's control plane: functions with their code, settings and concurrency, and the account's settings.

Each operation takes the members of its request by their API names, validated by botocore's model, and returns
the members of its response.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from busyhour.emulator.interfaces import Rates
from busyhour.emulator.lambda_.api.descriptions import code_size, configuration
from busyhour.emulator.lambda_.api.listing import check_revision, latest, page_of
from busyhour.emulator.lambda_.functions.packages import UNZIPPED_LIMIT, ZIPPED_LIMIT, Package, Upload
from busyhour.emulator.lambda_.functions.store import DEFAULT_HANDLER, LATEST, Deployed
from busyhour.emulator.lambda_.functions.variables import check_variables
from busyhour.emulator.lambda_.runtime.admission import ACCOUNT_CONCURRENCY, UNRESERVED_FLOOR
from busyhour.emulator.lambda_.runtime.engine import LambdaEngine
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.registry import operation
from busyhour.scenarios.model import Function

Params = Mapping[str, Any]
Answer = dict[str, Any]

STORAGE = "lambda.function-and-layer-storage"
LIMITS = {"Timeout": "lambda.function-timeout", "MemorySize": "lambda.function-memory"}
NAME_LIMIT = 64
"""Characters of a function's name (API reference, CreateFunction)."""
COUNTS = {
    "Layers": (5, "Cannot reference more than 5 layers."),
    "Tags": (50, "Number of tags exceeds resource tag limit."),
}
"""Maximum number of each for a function, and Lambda's error above it (Developer Guide, gettingstarted-limits)."""
_GIB = 1024**3
_DEFAULT_TIMEOUT = 3
_DEFAULT_MEMORY = 128


class Control:
    """Operations on functions. Where a request has code as a zip, its `ZipFile` is an `Upload`.

    Args:
        engine: stores and runs the functions.
        quotas: applied values and tallies.
        time: epoch seconds.
    """

    def __init__(self, engine: LambdaEngine, quotas: Rates, time: Callable[[], float]) -> None:
        self._engine = engine
        self._table = engine.table
        self._quotas = quotas
        self._time = time

    # ----------------------------------------------------------------------------------------- functions

    @operation("CreateFunction", status=201)
    def create_function(self, params: Params) -> Answer:
        """CreateFunction, from a zip with Python code."""
        name = self._name(params["FunctionName"])
        if name in self._table:
            raise ApiError("ResourceConflictException", f"Function already exist: {name}", 409, Type="User")
        package = self._package(params["Code"])
        function = Function(name, timeout=_DEFAULT_TIMEOUT, memory_mb=_DEFAULT_MEMORY)
        draft = Deployed(function, self._table.arn(name), None, package, {})
        deployed = self._configured(draft, params)
        self._store(deployed)
        return self._published(deployed, params)

    @operation("UpdateFunctionCode")
    def update_function_code(self, params: Params) -> Answer:
        """UpdateFunctionCode: the next invocation runs the new code."""
        deployed = latest(self._table, params)
        check_revision(deployed, params)
        changed = replace(deployed, package=self._package(params))
        changed.function = replace(changed.function, url=None)
        deployed = self._configured(changed, {"Architectures": params.get("Architectures")})
        if params.get("DryRun"):
            return configuration(deployed)
        self._store(deployed)
        return self._published(deployed, params)

    @operation("UpdateFunctionConfiguration")
    def update_function_configuration(self, params: Params) -> Answer:
        """UpdateFunctionConfiguration: the next invocation runs with the new settings."""
        deployed = latest(self._table, params)
        check_revision(deployed, params)
        deployed = self._configured(replace(deployed), params)
        self._store(deployed)
        return configuration(deployed)

    @operation("GetFunction")
    def get_function(self, params: Params) -> Answer:
        """GetFunction."""
        deployed = self._found(params)
        answer: Answer = {
            "Configuration": configuration(deployed),
            "Code": {"RepositoryType": "S3", "Location": ""},
            "Tags": dict(deployed.settings.get("Tags") or {}),
        }
        if deployed.reserved is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": deployed.reserved}
        return answer

    @operation("GetFunctionConfiguration")
    def get_function_configuration(self, params: Params) -> Answer:
        """GetFunctionConfiguration."""
        return configuration(self._found(params))

    @operation("ListFunctions")
    def list_functions(self, params: Params) -> Answer:
        """ListFunctions; `FunctionVersion: ALL` lists versions too."""
        every = params.get("FunctionVersion") == "ALL"
        ordered = sorted(self._table, key=lambda deployed: deployed.name)
        found = [one for d in ordered for one in (self._table.versions(d.name) if every else [d])]
        page, marker = page_of(found, params)
        return {"Functions": [configuration(deployed) for deployed in page], **marker}

    @operation("DeleteFunction", status=204)
    def delete_function(self, params: Params) -> Answer:
        """DeleteFunction: the function, or the version that the qualifier names."""
        deployed = self._found(params)
        if deployed.version != LATEST:
            self._table.remove_version(deployed)
            return {}
        self._engine.pool.drop(_shelf(deployed))
        self._table.remove(deployed.name)
        return {}

    # --------------------------------------------------------------------------------------- concurrency

    @operation("GetAccountSettings")
    def get_account_settings(self, params: Params) -> Answer:
        """GetAccountSettings."""
        concurrency = int(self._quotas.applied(ACCOUNT_CONCURRENCY))
        return {
            "AccountLimit": {
                "TotalCodeSize": int(self._quotas.applied(STORAGE)) * _GIB,
                "CodeSizeUnzipped": UNZIPPED_LIMIT,
                "CodeSizeZipped": ZIPPED_LIMIT,
                "ConcurrentExecutions": concurrency,
                "UnreservedConcurrentExecutions": concurrency - self._engine.reserved_total(),
            },
            "AccountUsage": {
                "TotalCodeSize": self._stored(),
                "FunctionCount": sum(1 for _ in self._table),
            },
        }

    @operation("GetFunctionConcurrency")
    def get_function_concurrency(self, params: Params) -> Answer:
        """GetFunctionConcurrency."""
        reserved = self._found(params).reserved
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    @operation("PutFunctionConcurrency")
    def put_function_concurrency(self, params: Params) -> Answer:
        """PutFunctionConcurrency; a minimum of the account's concurrency always stays unreserved."""
        deployed, wanted = latest(self._table, params), params["ReservedConcurrentExecutions"]
        others = self._engine.reserved_total() - (deployed.reserved or 0)
        floor = int(self._quotas.applied(UNRESERVED_FLOOR))
        if wanted > 0 and self._quotas.applied(ACCOUNT_CONCURRENCY) - others - wanted < floor:
            self._quotas.reject(UNRESERVED_FLOOR, self._time())
            raise ApiError(
                "InvalidParameterValueException",
                "Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{floor}].",
                Type="User",
            )
        self._table.reserve(deployed.name, wanted)
        return {"ReservedConcurrentExecutions": wanted}

    @operation("DeleteFunctionConcurrency", status=204)
    def delete_function_concurrency(self, params: Params) -> Answer:
        """DeleteFunctionConcurrency."""
        self._table.reserve(latest(self._table, params).name, None)
        return {}

    # --------------------------------------------------------------------------------------------- parts

    def _found(self, params: Params) -> Deployed:
        return self._table.find(params["FunctionName"], params.get("Qualifier") or "")

    def _name(self, reference: str) -> str:
        """Return the name of a function about to be created."""
        name = reference.rpartition("function:")[2].partition(":")[0]
        if len(name) > NAME_LIMIT:
            raise ApiError(
                "ValidationException",
                f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: Member "
                f"must have length less than or equal to {NAME_LIMIT}",
            )
        return name

    def _package(self, code: Params) -> Package:
        if code.get("ZipFile") is None:
            raise ApiError(
                "InvalidParameterValueException",
                "The emulator accepts code as ZipFile only, from neither an S3 bucket nor an image.",
                Type="User",
            )
        uploaded = code["ZipFile"]
        assert isinstance(uploaded, Upload)
        total = self._stored() + uploaded.size
        self._quotas.use(STORAGE, total / _GIB, self._time())
        if total > self._quotas.applied(STORAGE) * _GIB:
            self._quotas.reject(STORAGE, self._time())
            raise ApiError("CodeStorageExceededException", "Code storage limit exceeded.", Type="User")
        return uploaded.package()

    def _stored(self) -> int:
        """Return the bytes of code of all functions and versions."""
        return sum(code_size(one) for d in self._table for one in self._table.versions(d.name))

    def _configured(self, deployed: Deployed, params: Params) -> Deployed:
        """Return the function with the settings of a request; its handler is in its package."""
        for member, quota in LIMITS.items():
            limit = int(self._quotas.applied(quota))
            if (params.get(member) or 0) > limit:
                self._quotas.reject(quota, self._time())
                name = f"{member[0].lower()}{member[1:]}"
                raise ApiError(
                    "ValidationException",
                    f"1 validation error detected: Value '{params[member]}' at '{name}' failed to satisfy constraint: "
                    f"Member must have value less than or equal to {limit}",
                )
        for member, (most, message) in COUNTS.items():
            if len(params.get(member) or ()) > most:
                raise ApiError("InvalidParameterValueException", message, Type="User")
        settings = {
            **deployed.settings,
            **{k: v for k, v in params.items() if k in _SETTINGS and v is not None},
        }
        function = deployed.function
        variables = (params.get("Environment") or {}).get("Variables", function.environment)
        check_variables(variables)
        handler = function.handler
        if deployed.package is not None:
            _check_runtime(settings)
            module, _, name = str(settings.get("Handler") or DEFAULT_HANDLER).rpartition(".")
            # A handler name that does not exist is accepted, as in Lambda; the invocation then fails.
            name = name.replace(":", "_") or "_"
            handler = f"{deployed.package.root / Path(*module.replace('.', '/').split('/'))}.py:{name}"
        deployed.function = replace(
            function,
            handler=handler,
            timeout=float(params.get("Timeout") or function.timeout),
            memory_mb=int(params.get("MemorySize") or function.memory_mb),
            environment=variables,
        )
        deployed.settings = settings
        deployed.modified = self._time()
        return deployed

    def _store(self, deployed: Deployed) -> None:
        """Deploy; environments of the previous code end once idle."""
        before = next((d for d in self._table if d.name == deployed.name), None)
        if before is not None:
            self._engine.pool.drop(_shelf(before))
        self._table.deploy(deployed)

    def _published(self, deployed: Deployed, params: Params) -> Answer:
        if params.get("Publish"):
            deployed = self._table.publish(deployed.name)
        return configuration(deployed)


_SETTINGS = frozenset(
    (
        *("Runtime", "Role", "Handler", "Description", "Architectures", "EphemeralStorage", "TracingConfig"),
        *("LoggingConfig", "DeadLetterConfig", "KMSKeyArn", "Tags"),
    )
)


def _check_runtime(settings: Mapping[str, Any]) -> None:
    runtime = settings.get("Runtime")
    if runtime is not None and not str(runtime).startswith("python"):
        raise ApiError(
            "InvalidParameterValueException",
            f"The emulator runs Python only, not {runtime}: serve the function yourself and start the emulator with "
            "--function NAME=URL.",
            Type="User",
        )


def _shelf(deployed: Deployed) -> str:
    return f"{deployed.name}:{deployed.revision}"
