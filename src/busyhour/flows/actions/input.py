"""Customer input: menus, stored input, Lex bots."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from busyhour.flows import protocol as p
from busyhour.flows.actions.messages import Prompt, prompt_name
from busyhour.flows.call import Call
from busyhour.flows.compiled import Compiled, Node
from busyhour.flows.failure import Cause
from busyhour.flows.matching import branches, number
from busyhour.flows.model import Action
from busyhour.flows.protocol import keypad
from busyhour.flows.references import compile_text, text_of

if TYPE_CHECKING:
    from busyhour.flows.machine import Machine

_E164 = re.compile(r"\+?[1-9]\d{6,14}")
_LOCAL = re.compile(r"\d{7,15}")


class Input(Node):
    """GetParticipantInput: a menu of one key, digits to store, or a switch of the DTMF buffer."""

    __slots__ = (
        "_buffer",
        "_cancel",
        "_choices",
        "_effect",
        "_interdigit",
        "_maximum",
        "_menu",
        "_phone",
        "_prompt",
        "_stores",
        "_terminator",
        "_timeout",
    )

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        parameters = action.parameters
        self._prompt = Prompt(action, parameters, machine, prompt_name(action, flow))
        stored = text_of(parameters.get("StoreInput")).lower()
        buffer = parameters.get("EnableDTMFBuffer")
        self._buffer = None if buffer is None else text_of(buffer).lower()
        self._stores = stored == "true"
        validation = _object(parameters.get("InputValidation"))
        phone = validation.get("PhoneNumberValidation")
        self._menu = stored == "false" or (stored != "true" and not validation)
        self._phone = _object(phone).get("NumberFormat", "E164") if phone is not None else None
        dtmf = _object(parameters.get("DTMFConfiguration"))
        self._terminator = compile_text(dtmf.get("InputTerminationSequence"))
        self._cancel = text_of(dtmf.get("DisableCancelKey")).lower() != "true"
        self._interdigit = number(dtmf.get("InterdigitTimeLimitSeconds")) or 5.0
        self._timeout = self.text("InputTimeLimitSeconds")
        self._maximum = compile_text(_object(validation.get("CustomValidation")).get("MaximumLength"))
        self._choices = tuple(dict.fromkeys(branches(action))) if self._menu else ()
        dynamic = self._prompt.fixed is None or any(
            callable(one) for one in (self._terminator, self._timeout, self._maximum)
        )
        self._effect: p.Collect | None = None
        if not dynamic:
            self._effect = self._ask(None)

    def _ask(self, call: Call | None, entered: str = "", buffered: bool = False) -> p.Collect:
        def now(value: Any) -> str:
            return str(value(call) if callable(value) else value)

        spoken = self._prompt.fixed
        if spoken is None:
            assert call is not None
            spoken = self._prompt.heard(call)
        timeout = number(now(self._timeout))
        maximum = number(now(self._maximum))
        return p.Collect(
            action=self.identifier,
            text=spoken[0],
            prompt_seconds=spoken[1],
            timeout_seconds=self._interdigit if entered else 5.0 if timeout is None else timeout,
            menu=self._menu,
            choices=self._choices,
            max_digits=1 if self._menu else int(maximum) if maximum else 20,
            terminator=now(self._terminator),
            interdigit_seconds=self._interdigit,
            cancel_key=self._cancel,
            entered=entered,
            buffered=buffered,
        )

    def run(self, call: Call) -> Node | None:
        """Collect keys, those in the DTMF buffer first; fail on channels without keys."""
        if call.contact.channel != "VOICE":
            return self.fail(call, detail="only voice contacts have keys", cause=Cause.CHANNEL)
        if self._buffer is not None:
            return self._switch(call)
        if call.keys is not None:
            return self._ahead(call)
        call.lambda_seconds = 0.0
        call.pending = self._effect or self._ask(call)
        return None

    def _switch(self, call: Call) -> Node | None:
        """Switch the DTMF buffer on, or off: its keys are stored if the action has StoreInput, and dropped."""
        if self._buffer == "true":
            call.keys = call.keys or ""
            return self.next
        if self._stores:
            call.stored_input = call.keys or "Timeout"
        call.keys = None
        return self.next

    def _ahead(self, call: Call) -> Node | None:
        """Take the keys pressed ahead: the prompt is skipped where they complete the input."""
        keys = call.keys or ""
        effect = self._ask(call, buffered=True)
        entry = keypad.read(effect, keys)
        call.keys = keys[entry.used :]
        if entry.ended:
            call.pending = effect
            return self._entered(call, entry.digits)
        call.lambda_seconds = 0.0
        call.pending = self._ask(call, keys, True) if keys else effect
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Take the branch for digits, silence or a failure."""
        match event:
            case p.Digits(keys, later):
                return self._pressed(call, keys, later)
            case p.Silence():
                return self._pressed(call, "", "")
            case p.Failed(error, detail):
                return self.fail(call, error, detail)
            case _:
                return super().resume(call, event)

    def _pressed(self, call: Call, keys: str, later: str) -> Node | None:
        if self._menu and keys and call.keys is None:
            return self.choose(call, keys[0])
        effect = call.pending
        assert isinstance(effect, p.Collect)
        entry = keypad.read(effect, keys)
        if call.keys is not None:
            call.keys = keypad.kept(call.keys, keys[entry.used :] + later)
        return self._entered(call, entry.digits)

    def _entered(self, call: Call, digits: str) -> Node | None:
        if not digits:
            return self._nothing(call)
        if self._menu:
            return self.choose(call, digits)
        if self._phone is not None:
            call.stored_input = digits
            valid = _LOCAL if str(self._phone) == "Local" else _E164
            return (
                self.next if valid.fullmatch(digits) else self.fail(call, "InvalidPhoneNumber", repr(digits))
            )
        call.stored_input = digits
        return self.next

    def _nothing(self, call: Call) -> Node | None:
        if self._menu:
            return self.fail(call, "InputTimeLimitExceeded")
        call.stored_input = "Timeout"
        if self.machine.policy.stored_input_timeout_succeeds:
            return self.next
        return self.fail(call, detail="nothing was entered")


class Lex(Node):
    """ConnectParticipantWithLexBot: the customer talks or writes to a bot; the recognised intent is the result.

    `Policy` determines the branch if the bot ends without an intent.
    """

    __slots__ = ("_attributes", "_bot", "_intents", "_prompt")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        parameters = action.parameters
        self._prompt = Prompt(action, parameters, machine, prompt_name(action, flow))
        v2, v1 = _object(parameters.get("LexV2Bot")), _object(parameters.get("LexBot"))
        agentic = _object(parameters.get("AgentConfiguration"))
        names = (
            v2.get("AliasArn"),
            v1.get("Name"),
            agentic.get("ApplicationId"),
            parameters.get("BotName"),
        )
        self._bot = compile_text(next((name for name in names if name not in (None, "")), None))
        given = parameters.get("LexSessionAttributes") or agentic.get("ContextVariables")
        self._attributes = [(compile_text(key), compile_text(value)) for key, value in _object(given).items()]
        self._intents = tuple(dict.fromkeys(branches(action)))

    def run(self, call: Call) -> Node | None:
        """Connect to the bot."""
        text, seconds = self._prompt.heard(call)
        call.lambda_seconds = 0.0
        call.empty_buffer()
        call.pending = p.Converse(
            self.identifier,
            text,
            seconds if call.contact.channel == "VOICE" else 0.0,
            self._bot(call) if callable(self._bot) else self._bot,
            self._intents,
            {
                key(call) if callable(key) else key: value(call) if callable(value) else value
                for key, value in self._attributes
            },
        )
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Branch on the bot's result."""
        match event:
            case p.LexResult(intent, slots, session_attributes, _, extra):
                call.put(
                    "Lex",
                    {"IntentName": intent, "Slots": slots, "SessionAttributes": session_attributes, **extra},
                )
                if not intent:
                    goes_on = self.machine.policy.bot_without_intent_goes_on and self.action.next_action
                    return self.next if goes_on else self.unmatched(call)
                return self.choose(call, intent)
            case p.Silence():
                return self.fail(call, "InputTimeLimitExceeded")
            case p.Failed(error, detail):
                return self.fail(call, error, detail)
            case _:
                return super().resume(call, event)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
