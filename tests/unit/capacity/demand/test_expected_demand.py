"""Expectations solved for: against closed forms, and against the simulation that samples them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from busyhour.capacity.demand.expected_demand import ExactDemand, NotFiniteError, exact_demand
from busyhour.capacity.demand.handlers import HandlerAnswers
from busyhour.capacity.demand.machine import machine_of
from busyhour.capacity.demand.per_call import demand_of_call
from busyhour.flows.export.reader import read_file
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, Condition, ErrorBranch
from busyhour.scenarios.model import Distribution, Flows, Function, MenuBehaviour, Queue
from busyhour.scenarios.reader import load
from busyhour.scenarios.traffic import Direction

ROOT = Path(__file__).parents[4]
CORPUS = (ROOT / "../shared/corpus/flows").resolve()
FIVE = {
    "menus, Lex and a module's ways back": "aws-solutions+qnabot-on-aws__source_lambda_connect_flowsv2_contactflowLexV2",
    "a queue and an agent": "amazon-connect+amazon-connect-snippets__projects_ContextRouting_ContactFlows_001_Context_Tracking_-_Main",
    "functions and a conversation": "amazon-connect+amazon-connect-snippets__projects_LastAgentRouting_GetUserData",
    "answers that are counted": "aws-samples+amazon-connect-collect-feedback-via-phone-ivr__contactflow_ivr-feedback-flow",
    "a bot that is invoked again": "aws-samples+sample-amazon-connect-outbound-call__amazon-connect-flows_GetCustomerResponseModule",
}

BYE = Action("bye", "DisconnectParticipant", {}, None)


def ask(identifier: str, branches: dict[str, str], otherwise: str, **parameters: Any) -> Action:
    """A menu."""
    conditions = tuple(Condition("Equals", (digit,), target) for digit, target in branches.items())
    errors = tuple(
        ErrorBranch(name, otherwise)
        for name in ("InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError")
    )
    given = {"PromptId": "p1", "InputTimeLimitSeconds": "5", "StoreInput": "False", **parameters}
    return Action(identifier, "GetParticipantInput", given, otherwise, conditions, errors)


def step(identifier: str, type_: str, following: str, **parameters: Any) -> Action:
    return Action(identifier, type_, parameters, following, (), (ErrorBranch("NoMatchingError", "bye"),))


def look_up(identifier: str, following: str, **given: str) -> Action:
    return step(
        identifier,
        "InvokeLambdaFunction",
        following,
        LambdaFunctionARN="lookup",
        InvocationTimeLimitSeconds="8",
        LambdaInvocationAttributes=given,
    )


def menus(**choices: dict[str, float]) -> dict[str, Any]:
    return {name: MenuBehaviour(shares) for name, shares in choices.items()}


def solved(scenario: Any, machine: Machine, **more: Any) -> ExactDemand:
    return exact_demand(scenario, machine, calls_per_hour=scenario.plan.calls_per_hour, **more)


def agrees(scenario: Any, machine: Machine, *, calls: int, answers: Any = None) -> ExactDemand:
    """Every exact mean lies within twice the 95 % interval of the sampled one."""
    exact = solved(scenario, machine, answers=answers)
    sampled = demand_of_call(scenario, machine, calls=calls, answers=answers, exact=False)
    for name in sorted({*exact.means, *sampled.quantities}):
        mean = exact.mean(name)
        if mean is not None:
            seen = sampled.quantities.get(name)
            low_high = (seen.mean, 2.0 * seen.half_width) if seen else (0.0, 0.0)
            # What happens once in a thousand calls may not have happened.
            assert mean == pytest.approx(
                low_high[0], abs=low_high[1] + 5.0 * mean / calls**0.5 * (not seen) + 1e-9
            ), name
    return exact


def test_a_circle_of_menus_is_a_geometric_series(small: Any):
    again = ask("again", {"1": "again"}, "bye")
    made = small.scenario(
        callers={"menus": menus(again={"1": 0.75, "silence": 0.25}), "think": Distribution("constant", 2.0)}
    )
    exact = solved(made, small.machine(again))
    # Three times round in the mean, 1 s of prompt and 2 s until the key; then 1 s and 5 s of silence.
    assert exact.mean("in flow") == pytest.approx(3 * 3.0 + 6.0)
    assert exact.mean("at once") == exact.mean("in flow")
    assert exact.states == 2
    assert not exact.open


def test_a_wait_that_depends_on_others_leaves_open_what_comes_after(small: Any):
    actions = (
        replace(look_up("lookup", "set"), next_action="set"),
        *small.to_queue,
    )
    actions = (
        *actions[:-1],
        replace(actions[-1], errors=(ErrorBranch("QueueAtCapacity", "late"), *actions[-1].errors)),
        look_up("late", "bye"),
    )
    late = replace(actions[-1], parameters={**actions[-1].parameters, "LambdaFunctionARN": "late"})
    functions = (
        Function("lookup", operations={"t.GetItem": 2.0}),
        Function("late", operations={"t.PutItem": 1.0}),
    )
    made = small.scenario(queues=(Queue("sales", 10),), functions=functions)
    exact = solved(made, small.machine(*actions[:-1], late))
    assert exact.waiting == pytest.approx(1.0)
    assert exact.mean("invocations:lookup") == 1.0
    assert exact.mean("DynamoDB:t.GetItem") == 2.0
    assert {
        exact.mean(name)
        for name in ("invocations:late", "Lambda invocations", "DynamoDB:t.PutItem", "in queue", "at once")
    } == {None}
    assert exact.reasons == ("calls may wait in queue 'sales'",)


def test_with_agents_enough_nothing_is_left_open(small: Any):
    made = small.scenario(
        queues=(Queue("sales", 1000),),
        talk=Distribution("lognormal", 90.0, 0.5, high=200.0),
        wrap_up=Distribution("exponential", 15.0),
    )
    exact = agrees(made, small.machine(*small.to_queue), calls=4000)
    assert exact.waiting == 0.0
    assert exact.mean("wrap-up") == pytest.approx(15.0)


def test_hours_are_the_same_at_every_check(small: Any):
    def hours(identifier: str, open_: str, closed: str) -> Action:
        conditions = (Condition("Equals", ("True",), open_), Condition("Equals", ("False",), closed))
        return Action(
            identifier,
            "CheckHoursOfOperation",
            {},
            None,
            conditions,
            (ErrorBranch("NoMatchingError", "bye"),),
        )

    set_queue = replace(small.to_queue[0], next_action="first")
    flow = (
        set_queue,
        hours("first", "second", "bye"),
        hours("second", "lookup", "bye"),
        look_up("lookup", "bye"),
    )
    made = small.scenario(queues=(Queue("sales", 1000, open_share=0.25),))
    assert agrees(made, small.machine(*flow), calls=2000).mean("Lambda invocations") == pytest.approx(0.25)


def test_a_failing_function_is_tried_again(small: Any):
    function = Function("lookup", latency=Distribution("exponential", 0.5), error_share=0.1)
    exact = agrees(small.scenario(functions=(function,)), small.machine(look_up("lookup", "bye")), calls=4000)
    assert exact.mean("Lambda invocations") == pytest.approx(1.3, abs=0.01)


def test_outbound_calls_ring(small: Any):
    callers = {"answered": 0.6, "answer": Distribution("exponential", 30.0), "hang_up_rate": 0.1}
    made = small.scenario(direction=Direction.OUTBOUND, callers=callers)
    agrees(made, small.machine(small.prompt(10)), calls=4000)


def test_a_distribution_by_percentage_and_a_bot(small: Any):
    conditions = (Condition("NumberLessThan", ("31",), "bot"),)
    share = Action(
        "share", "DistributeByPercentage", {}, "bye", conditions, (ErrorBranch("NoMatchingCondition", "bye"),)
    )
    bot = Action(
        "bot", "ConnectParticipantWithLexBot", {"PromptId": "p5", "LexBot": {"Name": "b"}}, "bye",
        (Condition("Equals", ("Order",), "lookup"),), (ErrorBranch("NoMatchingCondition", "bye"), ErrorBranch("NoMatchingError", "bye")),
    )  # fmt: skip
    made = small.scenario(callers={"menus": menus(bot={"Order": 0.5, "hang_up": 0.2})})
    exact = agrees(made, small.machine(share, bot, look_up("lookup", "bye")), calls=4000)
    assert exact.mean("Lex turns") == pytest.approx(0.3)
    assert exact.mean("Lambda invocations") == pytest.approx(0.15)


def stored(**parameters: Any) -> Action:
    validation = {"CustomValidation": {"MaximumLength": "4"}}
    return ask("pin", {}, "lookup", StoreInput="True", InputValidation=validation, **parameters)


def test_inputs_are_forgotten_as_soon_as_nothing_reads_them(small: Any):
    made = small.scenario(callers={"inputs": {"pin": ("1###", "silence")}})
    flow = (stored(), look_up("lookup", "bye", pin="$.StoredCustomerInput"))
    assert solved(made, small.machine(*flow)).states < 10


@pytest.mark.parametrize("keys", [r"1\#2", "1*23", "1,,,,,,,2", "12", "98#", "*", r"\#"])
def test_keys_take_the_same_time_and_leave_the_same_value_in_sampled_and_exact_calls(small: Any, keys: str):
    compare = Action(
        "lookup", "Compare", {"ComparisonValue": "$.StoredCustomerInput"}, None,
        (Condition("Equals", ("23",), "again"),), (ErrorBranch("NoMatchingCondition", "bye"),),
    )  # fmt: skip
    made = small.scenario(callers={"inputs": {"pin": (keys,)}})
    exact = agrees(made, small.machine(stored(), compare, look_up("again", "bye")), calls=400)
    assert exact.mean("Lambda invocations") == (1.0 if keys == "1*23" else 0.0)


@pytest.mark.parametrize(("pressed", "asked"), [(("23",), 1.0), (("23", "silence"), 0.5), (("1",), 0.0)])
def test_keys_pressed_while_a_prompt_plays_are_kept_in_sampled_and_exact_calls(
    small: Any, pressed: tuple[str, ...], asked: float
):
    switch = Action("on", "GetParticipantInput", {"EnableDTMFBuffer": "True", "StoreInput": "False"}, "say")
    say = Action("say", "MessageParticipant", {"Text": "Welcome to the bank."}, "pin")
    compare = Action(
        "lookup", "Compare", {"ComparisonValue": "$.StoredCustomerInput"}, None,
        (Condition("Equals", ("23#",), "bye"), Condition("Equals", ("23",), "again")),
        (ErrorBranch("NoMatchingCondition", "bye"),),
    )  # fmt: skip
    made = small.scenario(callers={"inputs": {"say": pressed, "pin": ("silence",)}})
    exact = agrees(made, small.machine(switch, say, stored(), compare, look_up("again", "bye")), calls=400)
    assert exact.mean("Lambda invocations") == pytest.approx(asked)


@pytest.mark.parametrize("operand", ["1234", "$.Attributes.pin"])
def test_inputs_of_too_many_values_are_one_where_no_condition_distinguishes_them(small: Any, operand: str):
    made = small.scenario(callers={"inputs": {"pin": ("####",)}})
    flow = (stored(), replace(look_up("lookup", "bye"), next_action="bye"))
    assert solved(made, small.machine(*flow)).mean("Lambda invocations") == pytest.approx(1.0)
    compare = Action(
        "lookup", "Compare", {"ComparisonValue": "$.StoredCustomerInput"}, None,
        (Condition("Equals", (operand,), "bye"),), (ErrorBranch("NoMatchingCondition", "bye"),),
    )  # fmt: skip
    with pytest.raises(NotFiniteError, match="more than 2,000 values"):
        solved(made, small.machine(stored(), compare))


def test_numbers_are_distinguished_only_where_they_are_read(small: Any):
    many = small.scenario(callers={"numbers": ("+1202555####",)})
    assert solved(many, small.machine(look_up("lookup", "bye"))).states <= 2
    said = Action(
        "say", "MessageParticipant", {"Text": "You call from $.CustomerEndpoint.Address."}, "bye",
        (), (ErrorBranch("NoMatchingError", "bye"),),
    )  # fmt: skip
    few = small.scenario(callers={"numbers": ("+12025550##", "+12025559")})
    assert solved(few, small.machine(said)).states == 102


def test_too_many_numbers_that_something_looks_at_cannot_be_solved_for(small: Any):
    made = small.scenario(callers={"numbers": ("+1202555####",)})
    said = Action(
        "say",
        "MessageParticipant",
        {"Text": "You call from $.CustomerEndpoint.Address."},
        "bye",
        (),
        (ErrorBranch("NoMatchingError", "bye"),),
    )
    with pytest.raises(NotFiniteError, match="callers have more than 2,000 numbers"):
        solved(made, small.machine(said))


@pytest.mark.parametrize(
    ("actions", "more", "why"),
    [
        ((step("say", "MessageParticipant", "say", PromptId="p10"),), {}, "never end"),
        ((ask("menu", {"1": "menu"}, "bye"),), {"callers": {"menus": menus(menu={"1": 0.999, "silence": 0.001})}}, "by the clock"),
    ],
)  # fmt: skip
def test_a_flow_that_is_not_a_finite_chain_is_reported(
    small: Any, actions: tuple[Action, ...], more: dict[str, Any], why: str
):
    with pytest.raises(NotFiniteError, match=why):
        solved(small.scenario(**more), small.machine(*actions))
    demand = demand_of_call(small.scenario(**more, duration=60.0), small.machine(*actions), calls=20)
    assert why in demand.sampled_because[0]
    assert not any(quantity.exact for quantity in demand.quantities.values())


def test_reserved_concurrency_that_is_never_used_up_throttles_nobody(small: Any):
    function = Function("lookup", reserved_concurrency=50)
    exact = agrees(small.scenario(functions=(function,)), small.machine(look_up("lookup", "bye")), calls=500)
    assert exact.mean("Lambda invocations") == pytest.approx(1.0)


def test_metrics_of_queues_depend_on_other_calls(small: Any):
    metrics = step("metrics", "GetMetricData", "lookup")
    exact = solved(small.scenario(), small.machine(metrics, look_up("lookup", "bye")))
    assert exact.mean("Lambda invocations") is None
    assert "metrics" in exact.reasons[0]


HANDLER = """
def handler(event, context):
    data = event["Details"]["ContactData"]
    if {attribute!r}:
        return {{"known": "yes" if data["Attributes"].get({attribute!r}) == "1234" else "no"}}
    return {{"known": "yes" if data["CustomerEndpoint"]["Address"].endswith("7") else "no"}}
"""


@pytest.mark.parametrize(("attribute", "share"), [("", 0.1), ("pin", 0.25)])
def test_real_handlers_are_invoked_with_all_that_they_read(
    small: Any, tmp_path: Path, attribute: str, share: float
):
    file = tmp_path / "app.py"
    file.write_text(HANDLER.format(attribute=attribute), encoding="utf-8")
    remember = step(
        "remember",
        "UpdateContactAttributes",
        "lookup",
        Attributes={"pin": "$.StoredCustomerInput"},
        TargetContact="Current",
    )
    known = Action(
        "known", "Compare", {"ComparisonValue": "$.External.known"}, None,
        (Condition("Equals", ("yes",), "lookup2"),), (ErrorBranch("NoMatchingCondition", "bye"),),
    )  # fmt: skip
    second = replace(
        look_up("lookup2", "bye"),
        parameters={**look_up("lookup2", "bye").parameters, "LambdaFunctionARN": "second"},
    )
    first = replace(stored(), next_action="remember")
    made = small.scenario(
        functions=(Function("lookup", handler=f"{file}:handler"),),
        callers={"inputs": {"pin": ("1234", "999#", "silence", "12")}},
    )
    with HandlerAnswers(made, seconds=1000.0) as answers:
        exact = agrees(
            made,
            small.machine(first, remember, look_up("lookup", "known"), known, second),
            calls=1000,
            answers=answers,
        )
    assert exact.mean("invocations:second") == pytest.approx(share)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["helpdesk", "outbound"])
@pytest.mark.parametrize("ample", [True, False])
def test_exact_and_sampled_agree_on_the_helpdesk(name: str, ample: bool):
    made = load(ROOT / f"scenarios/{name}.toml")
    if ample:
        queues = {key: replace(queue, agents=10**6, capacity=None) for key, queue in made.queues.items()}
        made = replace(made, queues=queues)
    with HandlerAnswers(made, seconds=1000.0) as answers:
        exact = agrees(made, machine_of(made), calls=4000, answers=answers)
    assert exact.mean("Lambda invocations")
    assert (exact.mean("in flow") is not None) == ample


def corpus_flow(small: Any, file: Path) -> tuple[Any, Machine]:
    flow = read_file(file)
    made = small.scenario(patience=Distribution("exponential", 60.0), callers={"hang_up_rate": 0.01})
    return replace(made, flows=Flows((), flow.name)), Machine(FlowLibrary([flow]))


@pytest.mark.parametrize("name", FIVE.values(), ids=FIVE)
def test_exact_and_sampled_agree_on_real_flows(small: Any, name: str):
    file = CORPUS / f"{name}.json"
    if not file.is_file():
        pytest.skip(f"no corpus of flows beside this checkout ({CORPUS.name} folder not found)")
    assert agrees(*corpus_flow(small, file), calls=1000).states > 10


@pytest.mark.slow
def test_nearly_every_real_flow_can_be_solved_for(small: Any):
    files = sorted(CORPUS.rglob("*.json"))
    if not files:
        pytest.skip(f"no corpus of flows beside this checkout ({CORPUS.name} folder not found)")
    unsolved = []
    for file in files:
        made, machine = corpus_flow(small, file)
        try:
            agrees(made, machine, calls=200)
        except NotFiniteError as why:
            unsolved.append(f"{file.name}: {why}")
    assert len(unsolved) < 0.1 * len(files), unsolved
