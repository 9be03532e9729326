"""Actions that set data on the contact. They succeed unless `Policy.ask` lets the driver make them fail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from busyhour.flows.call import Call
from busyhour.flows.compiled import Compiled, Node
from busyhour.flows.export.layout import shown_name
from busyhour.flows.failure import Cause, emptied
from busyhour.flows.matching import number
from busyhour.flows.model import Action
from busyhour.flows.references import compile_text, compile_value

if TYPE_CHECKING:
    from busyhour.flows.machine import Machine

_PHONE = re.compile(r"\+?\d{3,15}")
_DATA = ("Name", "Description", "LanguageCode", "CustomerId")


class Configuration(Node):
    """Logging, recording, routing criteria: no effect on the call."""

    __slots__ = ()

    def run(self, call: Call) -> Node | None:
        """Continue."""
        return self.next


class VoiceConfiguration(Configuration):
    """Configuration that applies to voice contacts only."""

    __slots__ = ()

    def run(self, call: Call) -> Node | None:
        """Continue, or fail on another channel."""
        return (
            self.next
            if call.contact.channel == "VOICE"
            else self.fail(call, detail="only for voice contacts", cause=Cause.CHANNEL)
        )


class ChannelConfiguration(Configuration):
    """Recording and analytics, or media processing, of one channel; on other channels a ChannelMismatch."""

    __slots__ = ("_channel",)
    _KEYS: ClassVar[Mapping[str, str]] = {
        "VoiceBehavior": "VOICE",
        "ChatBehavior": "CHAT",
        "ChatProcessor": "CHAT",
    }

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._channel = next(
            (channel for key, channel in self._KEYS.items() if key in action.parameters), None
        )

    def run(self, call: Call) -> Node | None:
        """Continue, or take the branch for ChannelMismatch."""
        if self._channel is not None and call.contact.channel != self._channel:
            return self.fail(call, "ChannelMismatch", cause=Cause.CHANNEL)
        return self.next


class Attributes(Node):
    """UpdateContactAttributes: sets all attributes or, where they would exceed the size limit, none."""

    __slots__ = ("_constant", "_related", "_values")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        given = action.parameters.get("Attributes")
        given = given if isinstance(given, Mapping) else {}
        self._values = [(compile_text(key), compile_text(value)) for key, value in given.items()]
        self._related = action.parameters.get("TargetContact") == "Related"

    def run(self, call: Call) -> Node | None:
        """Set the attributes. Those of the related contact are ignored."""
        values = {
            key(call) if callable(key) else key: value(call) if callable(value) else value
            for key, value in self._values
        }
        if self._related or call.set_attributes(values):
            return self.next
        return self.fail(call, detail="the contact's attributes would exceed 32 KB")


class FlowAttributes(Node):
    """UpdateFlowAttributes: values that last until the flow ends."""

    __slots__ = ("_values",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        given = action.parameters.get("FlowAttributes")
        self._values = [
            (compile_text(key), compile_text(value.get("Value") if isinstance(value, Mapping) else value))
            for key, value in (given.items() if isinstance(given, Mapping) else ())
        ]

    def run(self, call: Call) -> Node | None:
        """Set them."""
        attributes = dict(call.flow_attributes or {})
        for key, value in self._values:
            attributes[key(call) if callable(key) else key] = value(call) if callable(value) else value
        call.flow_attributes = attributes
        return self.next


class Data(Node):
    """UpdateContactData: language, customer id and the like."""

    __slots__ = ("_values", "_wisdom")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        parameters = action.parameters
        self._values = [(key, compile_text(parameters[key])) for key in _DATA if key in parameters]
        self._wisdom = (
            compile_text(parameters["WisdomSessionArn"]) if "WisdomSessionArn" in parameters else None
        )

    def run(self, call: Call) -> Node | None:
        """Set them."""
        for key, value in self._values:
            call.put(key, value(call) if callable(value) else value)
        if self._wisdom is not None:
            arn = self._wisdom(call) if callable(self._wisdom) else self._wisdom
            call.put("Wisdom", {"SessionArn": arn})
        return self.next


class Voice(Node):
    """UpdateContactTextToSpeechVoice."""

    __slots__ = ("_voice",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._voice = self.text("TextToSpeechVoice")

    def run(self, call: Call) -> Node | None:
        """Set it."""
        call.put("TextToSpeechVoiceId", self._voice(call) if callable(self._voice) else self._voice)
        return self.next


class EventHooks(Node):
    """UpdateContactEventHooks: the flow to run on an event of the contact.

    CustomerQueue, AgentWhisper, CustomerWhisper and CustomerRemaining are run. Hold flows are part of the talk
    time, and the agent's screens (DefaultAgentUI, ...) have no effect on callers: those hooks are stored and
    not run.
    """

    __slots__ = ("_hooks",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        hooks = action.parameters.get("EventHooks")
        settings = action.parameters.get("EventHooksConfiguration")
        self._hooks = []
        for name, reference in hooks.items() if isinstance(hooks, Mapping) else ():
            setting = settings.get(name) if isinstance(settings, Mapping) else None
            disabled = isinstance(setting, Mapping) and str(setting.get("DisableExecution")).lower() == "true"
            if reference == "" and machine.policy.blank_references_work:
                reference = shown_name(flow.flow, action, name, "contactFlow", "ContactFlow") or "(blank)"
            self._hooks.append((name, "" if disabled else compile_text(reference), disabled))

    def run(self, call: Call) -> Node | None:
        """Set the hook. Chats have no hold flows."""
        hooks = dict(call.hooks or {})
        for name, reference, disabled in self._hooks:
            if name in ("CustomerHold", "AgentHold") and call.contact.channel != "VOICE":
                return self.fail(call, detail="only voice contacts are put on hold", cause=Cause.CHANNEL)
            flow = reference(call) if callable(reference) else reference
            if not flow and not disabled:
                what = emptied((self.parameters.get("EventHooks") or {}).get(name))
                detail = f"no flow is given for {name}"
                return self.fail(call, detail=detail, cause=Cause.EMPTY_REFERENCE, what=what)
            hooks[name] = flow
        call.hooks = hooks
        return self.next


class MediaStreaming(Node):
    """UpdateContactMediaStreamingBehavior: starts or stops the audio stream."""

    __slots__ = ("_on",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._on = action.parameters.get("MediaStreamingState") == "Enabled"

    def run(self, call: Call) -> Node | None:
        """Start or stop."""
        contact = call.contact
        if contact.channel != "VOICE":
            return self.fail(call, detail="only voice contacts are streamed", cause=Cause.CHANNEL)
        if self._on:
            account = contact.instance_arn.split(":")[4] if contact.instance_arn.count(":") > 4 else ""
            arn = f"arn:aws:kinesisvideo:{contact.region}:{account}:stream/connect-{contact.contact_id}"
            audio = {
                "StreamARN": arn,
                "StartFragmentNumber": "1",
                "StartTimestamp": None,
                "StopTimestamp": None,
            }
            call.put("MediaStreams", {"Customer": {"Audio": audio}})
        return self.next


class CallbackNumber(Node):
    """UpdateContactCallbackNumber."""

    __slots__ = ("_number",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._number = self.text("CallbackNumber")

    def run(self, call: Call) -> Node | None:
        """Set the number, or fail if it is not a telephone number."""
        if call.contact.channel != "VOICE":
            return self.fail(call, "InvalidCallbackNumber", "only voice contacts are called back")
        given = self._number(call) if callable(self._number) else self._number
        if not _PHONE.fullmatch(given):
            return self.fail(call, "InvalidCallbackNumber", repr(given))
        call.callback_number = given
        return self.next


class Routing(Node):
    """UpdateContactRoutingBehavior: priority, or time added, in the queue."""

    __slots__ = ("_adjustment", "_priority")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._priority = self.text("QueuePriority")
        self._adjustment = self.text("QueueTimeAdjustmentSeconds")

    def run(self, call: Call) -> Node | None:
        """Set it."""
        priority = number(self._priority(call) if callable(self._priority) else self._priority)
        adjustment = number(self._adjustment(call) if callable(self._adjustment) else self._adjustment)
        if priority is not None:
            call.priority = int(priority)
        if adjustment is not None:
            call.time_adjustment = adjustment
        return self.next


class Tag(Node):
    """TagContact."""

    __slots__ = ("_tags",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        given = action.parameters.get("Tags")
        self._tags = compile_value(given if isinstance(given, Mapping) else {})

    def run(self, call: Call) -> Node | None:
        """Add the tags."""
        tags = self._tags(call) if callable(self._tags) else self._tags
        call.put("Tags", {**call.datum("Tags", call.contact.tags), **tags})
        return self.next


class Untag(Node):
    """UntagContact."""

    __slots__ = ("_keys",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        keys = action.parameters.get("TagKeys")
        self._keys = frozenset(str(key) for key in keys) if isinstance(keys, list) else frozenset()

    def run(self, call: Call) -> Node | None:
        """Add the tags to the contact."""
        tags = call.datum("Tags", call.contact.tags)
        call.put("Tags", {key: value for key, value in tags.items() if key not in self._keys})
        return self.next
