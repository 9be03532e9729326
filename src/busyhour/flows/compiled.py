"""A compiled flow: one node per action, linked to its neighbours, shared by every call.

A node's `run` executes the action. It returns the next node, or sets `call.pending` to an effect and returns
None; then `resume` receives the event that answers it, and returns the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from busyhour.flows import protocol as p
from busyhour.flows.failure import EXPECTED, Cause, emptied
from busyhour.flows.matching import branches, matcher, no_match
from busyhour.flows.model import Action, Flow, FlowType
from busyhour.flows.references import compile_text, find, text_of

if TYPE_CHECKING:
    from busyhour.flows.call import Call
    from busyhour.flows.machine import Machine

NO_ERROR = frozenset({"NoMatchingCondition", "InputTimeLimitExceeded"})
"""Error types that describe the caller's behaviour, not a failure."""

Find = Callable[[str, str, int], "Node"]
"""(target, kind of branch, its index) -> the node of the target."""


class Node:
    """One action, ready to run. Each action type has a subclass."""

    __slots__ = ("action", "conditions", "errors", "flow", "identifier", "machine", "match", "next")

    counts: ClassVar[bool] = True
    """Whether running the node counts as running an action."""

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        self.action = action
        self.identifier = action.identifier
        self.flow = flow
        self.machine = machine
        self.errors: dict[str, Node] = {}
        self.match: Callable[[Call, str], Node | None] = no_match
        self.next: Node = self

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The action's parameters as exported."""
        return self.action.parameters

    def text(self, key: str) -> str | Callable[[Call], str]:
        """Return a parameter as text, static or with references to resolve."""
        return compile_text(self.parameters.get(key))

    def link(self, find: Find) -> None:
        """Find the neighbours; called once all nodes of the flow exist."""
        action = self.action
        for index, branch in enumerate(action.errors):
            if branch.error_type not in self.errors:
                self.errors[branch.error_type] = find(branch.target, "error", index)
        targets = [find(one.target, "condition", index) for index, one in enumerate(action.conditions)]
        self.match = matcher(action.conditions, targets)
        if action.next_action is None:
            self.next = Nowhere(self, "has no NextAction")
        else:
            self.next = find(action.next_action, "next", 0)

    def run(self, call: Call) -> Node | None:
        """Execute the action; each action type has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no run()")

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Continue with the event that answers the pending effect.

        Raises:
            ProtocolError: the event does not answer it.
        """
        raise p.ProtocolError(f"{event!r} does not answer {call.pending!r}")

    def returned(self, call: Call, result: str | None) -> Node | None:
        """Continue after the module that this action invoked."""
        raise p.ProtocolError(f"action {self.identifier!r} invoked no module")

    def over(self, call: Call, event: str) -> Node | None:
        """Continue after the wait beside which the contact continued; `event` ended it, empty: its time."""
        raise p.ProtocolError(f"action {self.identifier!r} is not a wait")

    def fail(
        self,
        call: Call,
        error: str = "NoMatchingError",
        detail: str = "",
        *,
        cause: Cause = Cause.OTHER,
        what: str = "",
    ) -> Node | None:
        """Take the branch of an error: its own, else NoMatchingError's, else apply the policy.

        Args:
            call: records the failure, unless the error is a path by design.
            error: error type.
            detail: what went wrong, as text.
            cause: why, as data.
            what: what was missing.
        """
        if error not in NO_ERROR:
            call.error_branches += 1
        target = self.errors.get(error)
        if target is None:
            target = self.errors.get("NoMatchingError")
        if target is not None:
            if error not in EXPECTED:
                call.failed(self, cause, what, detail)
            return target
        if self.action.next_action and self.action.type in self.machine.policy.okay_without_error_branch:
            return self.next
        if error not in EXPECTED:
            call.failed(self, cause, what, detail)
        return call.broken(self, f"{error} has no branch{f' ({detail})' if detail else ''}")

    def missing(self, call: Call, key: str, detail: str) -> Node | None:
        """Take the error branch because the parameter `key` is empty or has an invalid value."""
        raw = self.parameters.get(key)
        cause = Cause.OTHER if raw and not find(text_of(raw)) else Cause.EMPTY_REFERENCE
        return self.fail(call, detail=detail, cause=cause, what=emptied(raw))

    def unmatched(self, call: Call) -> Node | None:
        """Take the branch for NoMatchingCondition."""
        target = self.errors.get("NoMatchingCondition")
        if target is not None:
            return target
        if self.action.next_action:
            return self.next
        return self.fail(call, "NoMatchingCondition")

    def choose(self, call: Call, result: str) -> Node | None:
        """Take the first condition that matches the result."""
        return self.match(call, result) or self.unmatched(call)


class Nowhere(Node):
    """Target of an unconnected branch: the flow cannot continue."""

    __slots__ = ("detail",)
    counts = False

    def __init__(self, source: Node, detail: str) -> None:
        super().__init__(source.action, source.flow, source.machine)
        self.detail = detail

    def run(self, call: Call) -> Node | None:
        """Stop the flow."""
        return call.broken(self, self.detail)


class Edge(Node):
    """A branch that notifies the observer when taken. Made only for a machine with an observer."""

    __slots__ = ("index", "kind", "target")
    counts = False

    def __init__(self, source: Node, kind: str, index: int, target: Node) -> None:
        super().__init__(source.action, source.flow, source.machine)
        self.kind = kind
        self.index = index
        self.target = target

    def run(self, call: Call) -> Node | None:
        """Notify the observer, and continue."""
        observer = self.machine.observer
        if observer is not None:
            observer.on_branch(call, self.flow.flow, self.action, self.kind, self.index)
        return self.target


class Asked(Node):
    """A configuration action that the driver may make fail (`Policy.ask`)."""

    __slots__ = ("inner",)

    def __init__(self, inner: Node) -> None:
        super().__init__(inner.action, inner.flow, inner.machine)
        self.inner = inner

    def link(self, find: Find) -> None:
        """Link the wrapped action; this node has no branches of its own."""
        self.inner.link(find)
        self.errors = self.inner.errors
        self.next = self.inner.next

    def run(self, call: Call) -> Node | None:
        """Request the driver's decision."""
        call.pending = p.Service(
            self.identifier,
            self.action.type,
            self.action.parameters,
            tuple(self.errors),
            branches(self.action),
        )
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Run the action, or take the error branch."""
        match event:
            case p.Succeeded(values, branch):
                if values:
                    call.put_values(values)
                if branch is not None and self.action.conditions:
                    return self.inner.choose(call, branch)
                return self.inner.run(call)
            case p.Failed(error, detail):
                return self.inner.fail(call, error, detail)
            case _:
                return super().resume(call, event)


class Compiled:
    """A flow compiled for one machine. Nodes are made when the flow is first entered."""

    __slots__ = ("agent_hears", "flow", "name", "nodes", "start")

    def __init__(
        self, flow: Flow, machine: Machine, make: Callable[[Action, Compiled, Machine], Node]
    ) -> None:
        self.flow = flow
        self.name = flow.name
        self.agent_hears = flow.type in (FlowType.AGENT_WHISPER, FlowType.AGENT_HOLD)
        self.nodes: dict[str, Node] = {}
        for action in flow.actions:
            if action.identifier not in self.nodes:
                self.nodes[action.identifier] = make(action, self, machine)
        observed = machine.observer is not None
        for node in self.nodes.values():
            node.link(self._finder(node, observed))
        self.start = self.nodes.get(flow.start) or Nowhere(
            Node(Action("", "", {}, None), self, machine),
            f"StartAction {flow.start!r} is not an action of the flow",
        )

    def _finder(self, source: Node, observed: bool) -> Find:
        def find(target: str, kind: str, index: int) -> Node:
            node = self.nodes.get(target)
            if node is None:
                problem = (
                    f"leads to {target!r}, which is not an action of the flow"
                    if target
                    else "has a branch that is not connected"
                )
                node = Nowhere(source, problem)
            return Edge(source, kind, index, node) if observed else node

        return find
