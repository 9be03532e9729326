"""Failures: found, shrunk, told, kept, played again."""

from itertools import count

import pytest
from conftest_exploration import FAULTS, action, compare, flow, invoke, menu, say

from busyhour.errors import BusyhourError
from busyhour.exploration.invariant import Violation, chosen, invariant, load_invariants
from busyhour.exploration.search.coverage_search import Budget, Search, replayed
from busyhour.exploration.search.explorer import Explorer, Settings, profile
from busyhour.exploration.world.choices import choices_of
from busyhour.exploration.world.context import Context
from busyhour.flows import protocol as p
from busyhour.flows.export.reader import read_file
from busyhour.flows.model import FlowType
from busyhour.project import Project

QUICK = Settings(examples=10, budget=Budget(calls=200))


def explorer(*flows, only=(), invariants=None, settings=QUICK, **options):
    found = load_invariants() if invariants is None else invariants
    found = [one for one in found if not only or one.id in only]
    return Explorer(Context(flows), found, settings, **options)


def reprompting():
    return read_file(FAULTS / "infinite_reprompt" / "broken" / "bank.json")


def test_a_failure_is_shrunk_to_the_shortest_call_and_told():
    (failure,) = explorer(reprompting()).explore()[0].failures
    assert failure.kind == ("call-ends", "Bank", "Menu")
    assert failure.story == [
        "a call enters 'Bank'",
        "from here the call loops:",
        "the caller hears 'Press 1 for accounts, 2 for cards.' and presses nothing",
        "and this repeatedly, without end",
    ]


def test_a_deep_failure_is_shrunk_to_what_it_needs():
    main = flow(
        say("hello", "menu"),
        menu("menu", {"1": "deep", "2": "end"}, "end", "end"),
        menu("deep", {"7": "look up", "8": "menu"}, "menu", "menu"),
        invoke("look up", "lookup", "found", "end"),
        compare("found", "$.External.found", {"yes": "menu"}, "bye"),
        say("bye"),
    )
    (failure,) = explorer(main, only={"lambda-failure-is-handled"}).explore()[0].failures
    assert [one for one in failure.choices if one.kind == "presses"] == [("presses", "1"), ("presses", "7")]
    assert failure.choices[-1] == ("lambda fails", "function_error")


def test_the_token_of_a_failure_plays_it_again():
    one = explorer(reprompting())
    (failure,) = one.explore()[0].failures
    played, failures = one.replay(one.context.flows[0], choices_of(failure.token))
    assert [found.kind for found in failures] == [failure.kind]
    assert played.choices[: len(failure.choices)] == list(failure.choices)


def test_the_same_flows_are_explored_alike():
    once, again = (explorer(reprompting()).explore()[0] for _ in range(2))
    assert once.calls == again.calls
    assert once.covered == again.covered
    assert [one.token for one in once.failures] == [one.token for one in again.failures]


def test_calls_that_failed_are_kept_played_first_and_forgotten_once_they_hold(tmp_path):
    explorer(reprompting(), database=tmp_path / "database").explore()
    no_search = Settings(examples=0, budget=Budget(calls=0))
    later = explorer(reprompting(), settings=no_search, database=tmp_path / "database")
    assert [one.kind.invariant for one in later.explore()[0].failures] == ["call-ends"]
    kept = read_file(FAULTS / "infinite_reprompt" / "kept" / "bank.json")
    assert explorer(kept, database=tmp_path / "database").explore()[0].failures == []
    assert not [
        one
        for one in (tmp_path / "database").rglob("*")
        if one.is_file() and one.parent.name != ".hypothesis-keys" and b"c1e" in one.read_bytes()
    ]


def test_a_kept_call_that_can_no_longer_be_read_is_passed_over(tmp_path):
    explorer(reprompting(), database=tmp_path).explore()
    (kept,) = [one for one in tmp_path.rglob("*") if one.is_file() and one.read_bytes().startswith(b"c1e")]
    kept.write_bytes(b"from another version")
    assert [
        one.kind.invariant for one in explorer(reprompting(), database=tmp_path).explore()[0].failures
    ] == ["call-ends"]


def test_hypothesis_finds_what_the_search_does_not_look_for():
    @invariant(id="no-anonymous", summary="s", why="w", fix="f")
    def check(call):
        if call.call.contact.customer_endpoint is None and any(
            isinstance(one.event, p.HungUp) for one in call.moments
        ):
            yield Violation("an anonymous caller hangs up")

    main = flow(say("a", "b"), say("b"))
    report = explorer(main, invariants=[check], settings=Settings(examples=300)).explore()[0]
    (failure,) = report.failures
    assert failure.story[0].endswith("with no caller's number")
    assert len(failure.call.moments) == 1


def test_what_the_machine_raises_is_a_failure_of_its_own(monkeypatch):
    from busyhour.flows.actions.messages import Message

    def fail(self, call):
        raise ZeroDivisionError("as planted")

    fail.__globals__["__name__"] = "busyhour.flows.actions.planted"
    monkeypatch.setattr(Message, "run", fail)
    try:
        (failure,) = explorer(flow(say("a"))).explore()[0].failures
    finally:
        fail.__globals__["__name__"] = __name__
    assert failure.kind.invariant == "machine-survives"
    assert "ZeroDivisionError: as planted" in failure.message


def test_a_crashing_invariant_names_its_line_and_hides_nothing(tmp_path):
    (tmp_path / "our_own.py").write_text(
        "from busyhour.exploration.invariant import Violation, invariant\n\n\n"
        "@invariant(id='our-own', summary='s', why='w', fix='f')\ndef check(call):\n"
        "    if call.nothing_of_the_kind:\n        yield Violation('never')\n"
    )
    failures = explorer(flow(say("a")), invariants=load_invariants([tmp_path])).explore()[0].failures
    crash = next(one for one in failures if one.kind.invariant == "our-own")
    assert f"{tmp_path / 'our_own.py'}:6" in crash.message
    assert "AttributeError" in crash.message
    assert "report it" not in crash.fix, "it is the team's own"


def test_transitions_taken_from_another_entry_count():
    main = flow(
        action(
            "go", "TransferToFlow", {"ContactFlowId": "other"}, then="end", errors={"NoMatchingError": "end"}
        )
    )
    other = flow(compare("which", "$.Attributes.a", {"x": "say"}, "end"), say("say"), name="other")
    reports = explorer(main, other).explore()
    assert [one.coverage for one in reports] == [1.0, 1.0]


def test_a_team_adds_its_own_invariant_and_replaces_a_shipped_one(tmp_path):
    text = (
        "from busyhour.exploration.invariant import Violation, invariant\n\n\n"
        "@invariant(id='{id}', summary='s', why='w', fix='f')\ndef check(call):\n    yield Violation('always')\n"
    )
    (tmp_path / "our_own.py").write_text(text.format(id="our-own"))
    (tmp_path / "call_ends.py").write_text(text.format(id="call-ends"))
    found = {one.id: one for one in load_invariants([tmp_path])}
    assert found["our-own"].file == tmp_path / "our_own.py"
    assert found["call-ends"].summary == "s"
    assert len(found) == len(load_invariants()) + 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "contains 0 invariants, not one"),
        ("import nothing_of_the_kind\n", "cannot be imported: ModuleNotFoundError"),
        (
            "from busyhour.exploration.invariant import invariant\n\n\n"
            "@invariant(id='bad', summary='s', why='w', fix='f')\ndef check(call):\n    return []\n",
            "not a generator function",
        ),
    ],
)
def test_a_file_that_is_no_invariant_is_refused_with_its_place(tmp_path, text, message):
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(BusyhourError, match=message):
        load_invariants([tmp_path])


def test_an_invariant_to_ignore_is_named_right():
    with pytest.raises(BusyhourError, match="Did you mean 'call-ends'"):
        chosen(load_invariants(), ["call-end"])


def test_a_profile_is_named_right():
    assert profile("nightly").examples > profile("ci").examples
    assert profile("nightly").seed is not None
    with pytest.raises(BusyhourError, match="Did you mean 'nightly'"):
        profile("nightli")


def test_a_projects_own_folder_of_invariants_comes_before_the_shipped_one(tmp_path):
    own = tmp_path / "contract_tests" / "invariants"
    own.mkdir(parents=True)
    first, *rest = Project.at(tmp_path).invariants_folders()
    assert (first, len(rest)) == (own, 1)
    assert load_invariants([first, *rest]) == load_invariants()


def view(identifier, when, then="end", **more):
    errors = {"NoMatchingCondition": then, "NoMatchingError": then, "TimeLimitExceeded": then}
    return action(
        identifier,
        "ShowView",
        {"ViewResource": {"Id": identifier}, "InvocationTimeLimitSeconds": "900", "ViewData": {}},
        then=then,
        when=when,
        errors=errors | more,
    )


def test_a_view_takes_a_persons_time_and_is_seen():
    guide = flow(view("list", {"Form": "form"}), view("form", {"Back": "list"}))
    (report,) = explorer(guide).explore()
    assert report.failures == []
    assert report.coverage == 1.0
    context = Context([guide])
    played = replayed(context, guide, [])
    assert played.call.contact.channel == "CHAT"
    assert [one.is_heard for one in played.moments] == [True] * len(played.moments)
    assert played.moments[0].seconds == context.policy.person_seconds


def test_views_are_refused_once_to_a_telephone_call():
    cycle = flow(
        say("hello", "list"),
        view("list", {"Form": "form"}, "form", NoMatchingError="form"),
        view("form", {"Back": "list"}, "list", NoMatchingError="list"),
    )
    (report,) = explorer(cycle).explore()
    assert [one.kind for one in report.failures if one.call.call.contact.channel == "VOICE"] == []


def test_budgets_are_calls_and_steps_whatever_the_clock_does(monkeypatch):
    def outcome(clock):
        monkeypatch.setattr("time.monotonic", clock)
        monkeypatch.setattr("time.perf_counter", clock)
        monkeypatch.setattr("time.time", clock)
        report = explorer(reprompting(), settings=Settings(examples=20)).explore()[0]
        return report.calls, report.covered, [(one.token, one.message) for one in report.failures]

    jumps = count(0.0, 3600.0)
    expected = outcome(lambda: 0.0)
    assert outcome(lambda: next(jumps)) == expected


def test_the_search_ends_after_its_steps():
    main = reprompting()
    context = Context([main])
    search = Search(context, main, set(context.transitions(main)), lambda played: None)
    search.run(Budget(steps=10))
    assert 10 <= search.steps < 200
    assert search.calls < 6


def test_a_story_has_the_transfer_that_failed_without_a_queue():
    main = flow(
        say("hello", "go"),
        action(
            "go",
            "TransferContactToQueue",
            then="end",
            errors={"QueueAtCapacity": "end", "NoMatchingError": "end"},
        ),
        type=FlowType.CONTACT_FLOW,
    )
    (failure,) = explorer(main, only={"queue-is-set"}, settings=Settings(examples=150)).explore()[0].failures
    assert "TransferContactToQueue `go` fails: no queue is set" in failure.story


def test_a_story_has_the_value_that_was_empty():
    main = flow(
        action(
            "set",
            "UpdateContactTargetQueue",
            {"QueueId": "$.Attributes.queue"},
            then="go",
            errors={"NoMatchingError": "go"},
        ),
        action(
            "go",
            "TransferContactToQueue",
            then="end",
            errors={"QueueAtCapacity": "end", "NoMatchingError": "end"},
        ),
        type=FlowType.CONTACT_FLOW,
    )
    (failure,) = explorer(main, only={"queue-is-set"}, settings=Settings(examples=150)).explore()[0].failures
    assert [one for one in failure.story if "fails" in one] == [
        "UpdateContactTargetQueue `set` fails: the queue is empty: $.Attributes.queue is empty",
        "TransferContactToQueue `go` fails: no queue is set",
    ]


def test_every_story_names_the_action_that_the_failure_is_at():
    @invariant(id="never-compares", summary="s", why="w", fix="f")
    def check(call):
        for run in call.actions:
            if run.action.type == "Compare":
                yield Violation("compares", run)

    main = flow(say("hello", "which"), compare("which", "$.Attributes.a", {"x": "end"}, "end"))
    (failure,) = explorer(main, invariants=[check]).explore()[0].failures
    assert "Compare `which` is run" in failure.story
