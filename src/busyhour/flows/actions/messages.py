"""Prompts: played once, or looped while a contact waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from busyhour.flows import protocol as p
from busyhour.flows.call import Call
from busyhour.flows.compiled import Compiled, Node
from busyhour.flows.export.layout import shown_name
from busyhour.flows.failure import Cause, TextTooLongError
from busyhour.flows.lifecycle import Stage
from busyhour.flows.matching import number
from busyhour.flows.model import Action
from busyhour.flows.prompts import spoken
from busyhour.flows.protocol import keypad
from busyhour.flows.references import compile_text, text_of

if TYPE_CHECKING:
    from busyhour.flows.machine import Machine

MAX_CHARACTERS = 6000
"""Characters of a text, markup included; a longer one fails (AWS administrator guide, Play prompt)."""

Spoken = tuple[str, float]
"""Text of the prompt, and its length in seconds."""


class Prompt:
    """The prompt in an action's parameters: text, SSML, a recording or an audio file.

    `fixed` is the prompt if it is the same on every call, None if references make it differ.
    """

    __slots__ = ("_get", "fixed", "recorded")

    def __init__(
        self, action: Action, parameters: Mapping[str, Any], machine: Machine, name: str = ""
    ) -> None:
        speech, given = machine.policy.speech, machine.prompt_seconds
        override = given.get(action.identifier)
        if override is None:
            override = given.get(action.display_name)
        self.recorded = False
        build: Callable[[str], Spoken]
        if "Text" in parameters or "SSML" in parameters:
            key = "SSML" if "SSML" in parameters else "Text"

            def build(text: str) -> Spoken:
                if len(text) > MAX_CHARACTERS:
                    raise TextTooLongError(
                        f"the text has {len(text):,} characters; at most {MAX_CHARACTERS:,} are spoken"
                    )
                # Plain text that begins like SSML is read as SSML, as in the console's importer.
                markup = key == "SSML" or text.lstrip().startswith("<speak")
                words = spoken(text) if markup else text
                if override is not None:
                    return words, override
                return words, speech.ssml(text, given) if markup else speech.text(text)
        elif "PromptId" in parameters:
            key = "PromptId"
            self.recorded = True

            def build(text: str) -> Spoken:
                seconds = override if override is not None else speech.recording(given, text, name)
                return f"[{name or text.rpartition('/')[2]}]", seconds
        elif isinstance(parameters.get("Media"), Mapping):
            parameters, key = parameters["Media"], "Uri"
            self.recorded = True

            def build(text: str) -> Spoken:
                seconds = override if override is not None else speech.recording(given, text)
                return f"[{text.rpartition('/')[2]}]", seconds
        else:
            parameters = parameters.get("LexInitializationData") or {}
            key = "InitialMessage"

            def build(text: str) -> Spoken:
                return text, override if override is not None else speech.text(text)

        source = compile_text(parameters.get(key) if isinstance(parameters, Mapping) else None)
        self.fixed: Spoken | None = None
        if callable(source):
            get = source
            self._get: Callable[[Call], Spoken] = lambda call: build(get(call))
        else:
            text = source
            self._get = lambda call: build(text)
            with suppress(TextTooLongError):  # it is raised in the call
                fixed = self.fixed = build(source)
                self._get = lambda call: fixed

    def heard(self, call: Call) -> Spoken:
        """Return the prompt of this call, with references resolved."""
        return self._get(call)


def prompt_name(action: Action, flow: Compiled) -> str:
    """Return the name of the recorded prompt if the export's layout has it."""
    return shown_name(flow.flow, action, "PromptId", "promptName", "audio")


class Message(Node):
    """MessageParticipant: plays a prompt to the customer, or to the agent in an agent whisper."""

    __slots__ = ("_effect", "_prompt", "_skips")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._prompt = Prompt(action, action.parameters, machine, prompt_name(action, flow))
        self._skips = text_of(action.parameters.get("SkipWhenDTMFBufferEnabled")).lower() == "true"
        self._effect: p.Play | None = None
        """The prompt where it is played, and the same, on every call."""
        if self._prompt.fixed is not None and not self._skips:
            self._effect = p.Play(action.identifier, *self._prompt.fixed)

    def run(self, call: Call) -> Node | None:
        """Play the prompt, unless keys pressed ahead skip it.

        A chat shows text at once and has no audio; tasks and e-mails skip it.
        """
        channel = call.contact.channel
        agent = call.stage is Stage.AGENT_WHISPER or self.flow.agent_hears
        if channel == "VOICE" and not agent and self._effect is not None and call.keys is None:
            call.lambda_seconds = 0.0
            call.pending = self._effect
            return None
        if channel not in ("VOICE", "CHAT") or (self._skips and call.keys):
            return self.next
        if channel == "CHAT" and self._prompt.recorded:
            return self.fail(call, detail="a chat has no audio", cause=Cause.CHANNEL)
        text, seconds = self._prompt.heard(call)
        call.lambda_seconds = 0.0
        call.pending = p.Play(
            self.identifier,
            text,
            seconds if channel == "VOICE" else 0.0,
            p.Audience.AGENT if agent else p.Audience.CUSTOMER,
            call.keys is not None and channel == "VOICE" and not agent,
        )
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Continue after the prompt; the DTMF buffer keeps the keys pressed while it played."""
        if isinstance(event, p.Done):
            if event.keys and call.keys is not None:
                call.keys = keypad.kept(call.keys, event.keys)
            return self.next
        if isinstance(event, p.Failed):
            return self.fail(call, event.error_type, event.detail)
        return super().resume(call, event)


class LoopPrompts(Node):
    """MessageParticipantIteratively: loops prompts, with interrupts if the flow sets them."""

    __slots__ = ("_interrupt", "_prompts")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        messages = action.parameters.get("Messages")
        self._prompts = [
            Prompt(action, one, machine)
            for one in (messages if isinstance(messages, list) else ())
            if isinstance(one, Mapping)
        ]
        self._interrupt = self.text("InterruptFrequencySeconds")

    def run(self, call: Call) -> Node | None:
        """Loop."""
        if call.contact.channel != "VOICE":
            if "NoMatchingError" in self.errors:
                detail = "only voice contacts can play looped prompts"
                return self.fail(call, detail=detail, cause=Cause.CHANNEL)
            return call.broken(self, "only voice contacts can play looped prompts")
        every = number(self._interrupt(call) if callable(self._interrupt) else self._interrupt)
        text = " ".join(prompt.heard(call)[0] for prompt in self._prompts)
        call.lambda_seconds = 0.0
        call.pending = p.Loop(
            self.identifier, text, every if every is not None and every > 0 else float("inf")
        )
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Take the branch for the interrupt."""
        if isinstance(event, p.Failed):
            return self.fail(call, event.error_type, event.detail)
        effect = call.pending
        if not isinstance(event, p.Done) or not isinstance(effect, p.Loop) or effect.seconds == float("inf"):
            return super().resume(call, event)
        target = self.match(call, "MessagesInterrupted")
        if target is not None:
            return target
        return self.next if self.action.next_action else self
