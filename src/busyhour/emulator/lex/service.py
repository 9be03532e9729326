"""Lex V2's runtime over HTTP: RecognizeText and the session operations.

Every bot exists and recognises every intent by its name: a text that is a name (`OrderStatus`) is that intent,
any other the FallbackIntent. Messages are defined by the bot, so there are none.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any

import orjson

from busyhour.emulator.error_formats import rest_json_error
from busyhour.emulator.lex.model import ANSWER_SECONDS, SESSIONS, TEXT, Bot, LexModel
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.model.operations import OperationTable
from busyhour.emulator.model.registry import operation, registered

Params = Mapping[str, Any]
SESSION_SECONDS = 300.0
"""Seconds after which idle sessions end (a bot's default idleSessionTTLInSeconds)."""
SESSIONS_KEPT = 100_000
FALLBACK = "FallbackIntent"
_NAME = re.compile(r"[A-Z][A-Za-z0-9_-]{0,99}")


class LexService:
    """The service.

    Args:
        model: admits conversations.
        time: epoch seconds.
    """

    names = ("lex",)

    def __init__(self, model: LexModel, time: Callable[[], float]) -> None:
        self._model = model
        self._time = time
        self._sessions: OrderedDict[tuple[str, ...], tuple[float, dict[str, Any]]] = OrderedDict()
        self._operations = registered(self)

    @property
    def served(self) -> tuple[str, ...]:
        """Names of the operations that are answered."""
        return tuple(self._operations)

    def operation_name(self, request: Request) -> str:
        """Return the name of the requested operation."""
        found = _table().find(request.method, request.path)
        return found[0] if found is not None else ""

    def handle(self, request: Request) -> Awaitable[Response]:
        """Handle the request, after the bot's response time."""
        found = _table().find(request.method, request.path)
        if found is None or found[1] is None:
            what = found[0] if found else f"{request.method} {request.path}"
            raise ApiError("UnknownOperationException", f"The emulator does not serve {what}.", 404)
        name, shape, values = found[0], found[1], found[2]
        params = shape.parse(request, values)
        handler = self._operations[name]
        bot = Bot(params["botId"], params["botAliasId"], params["localeId"])
        slot = self._model.begin(bot, name, handler.quota)
        if slot is None:
            raise ApiError("ThrottlingException", "Too many requests for this bot.", 429)
        waiter: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def answer() -> None:
            if waiter.done():
                return
            try:
                waiter.set_result(handler.run(params))
            except ApiError as error:
                waiter.set_exception(error)

        self._model.later(slot, ANSWER_SECONDS, answer)
        return waiter

    def error_response(self, error: ApiError, request: Request) -> Response:
        """Encode `error` as rest-json."""
        return rest_json_error(error)

    # ---------------------------------------------------------------------------------------- operations

    @operation("RecognizeText", quota=TEXT)
    def _recognize_text(self, params: Params) -> Response:
        given = params.get("sessionState") or {}
        known = self._session(params) or {}
        intent = {"name": intent_of(params["text"]), "slots": {}, "state": "ReadyForFulfillment"}
        intent["confirmationState"] = "None"
        attributes = given.get(
            "sessionAttributes", known.get("sessionState", {}).get("sessionAttributes", {})
        )
        state = {"dialogAction": {"type": "Close"}, "intent": intent, "sessionAttributes": attributes}
        interpretations: list[dict[str, Any]] = [{"intent": intent, "interpretationSource": "Lex"}]
        if intent["name"] != FALLBACK:
            interpretations[0]["nluConfidence"] = {"score": 1.0}
        session = {"messages": [], "sessionState": state, "interpretations": interpretations}
        self._remember(params, session)
        return _json({**session, "sessionId": params["sessionId"]})

    @operation("GetSession", quota=SESSIONS)
    def _get_session(self, params: Params) -> Response:
        session = self._session(params)
        if session is None:
            raise ApiError("ResourceNotFoundException", f"There is no session {params['sessionId']!r}.", 404)
        return _json({**session, "sessionId": params["sessionId"]})

    @operation("PutSession", quota=SESSIONS)
    def _put_session(self, params: Params) -> Response:
        messages = params.get("messages") or []
        self._remember(
            params, {"messages": messages, "sessionState": params["sessionState"], "interpretations": []}
        )
        return Response(200, b"", "text/plain; charset=utf-8", {"x-amz-lex-session-id": params["sessionId"]})

    @operation("DeleteSession", quota=SESSIONS)
    def _delete_session(self, params: Params) -> Response:
        if self._session(params) is None:
            raise ApiError("ResourceNotFoundException", f"There is no session {params['sessionId']!r}.", 404)
        del self._sessions[_key(params)]
        return _json({name: params[name] for name in ("botId", "botAliasId", "localeId", "sessionId")})

    # ------------------------------------------------------------------------------------------ sessions

    def _session(self, params: Params) -> dict[str, Any] | None:
        used, session = self._sessions.get(_key(params), (0.0, None))
        return session if self._time() - used <= SESSION_SECONDS else None

    def _remember(self, params: Params, session: dict[str, Any]) -> None:
        key = _key(params)
        self._sessions[key] = self._time(), session
        self._sessions.move_to_end(key)
        if len(self._sessions) > SESSIONS_KEPT:
            self._sessions.popitem(last=False)


def intent_of(text: str) -> str:
    """Return the intent that a text names; the FallbackIntent for any other text."""
    return text if _NAME.fullmatch(text) else FALLBACK


def _key(params: Params) -> tuple[str, ...]:
    return params["botId"], params["botAliasId"], params["localeId"], params["sessionId"]


def _json(body: Mapping[str, Any]) -> Response:
    return Response(200, orjson.dumps(body))


@cache
def _table() -> OperationTable:
    return OperationTable(
        registered(LexService), "lexv2-runtime", ("ValidationException", "ValidationException")
    )
