"""Pages of the rules for docs/rules: one for each rule and an index, made from declarations and examples."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from busyhour.contracts.loading import RuleSet, shipped_rules_folder
from busyhour.contracts.rule import GROUPS, Rule
from busyhour.contracts.schema.evidence import CERTAINTIES, evidence
from busyhour.contracts.schema.store import shipped_schemas

FOLDER = Path("docs/rules")

_GROUPS = {
    "structure": "Structure of the document: identifiers, targets, limits, types",
    "schema": "Contents of each action type: parameters, conditions, errors",
    "data-flow": "Values along the paths through a flow",
    "resilience": "Effects on callers when something fails or is full",
    "project": "Several flows together",
    "security": "Security and compliance; a policy switches them in `[check]` by `enable` and `ignore`",
}
_EFFECT = {
    "error": "Connect rejects the flow, or its documentation rules it out.",
    "warning": "Connect accepts the flow, and it has problems for callers.",
    "note": "Worth knowing.",
}


def address(rule: str | None = None) -> str:
    """Return the URI of the project or of one rule, for formats that require one.

    It is below the package's own `Homepage` if its metadata has one; otherwise a URN, which names the rule
    without an address on the web.
    """
    home = ""
    try:
        for entry in metadata("busyhour").get_all("Project-URL") or ():
            label, _, url = entry.partition(",")
            if label.strip().lower() == "homepage":
                home = url.strip()
    except PackageNotFoundError:
        pass
    if not home:
        return "urn:busyhour" if rule is None else f"urn:busyhour:rule:{rule}"
    return home if rule is None else f"{home}/blob/main/{FOLDER}/{rule}.md"


def pages(rules: RuleSet) -> Mapping[str, str]:
    """Return the text of every page, by file name."""
    made = {f"{rule.id}.md": page(rule) for rule in rules}
    made["README.md"] = index(rules)
    return made


def index(rules: RuleSet) -> str:
    """Return the index: all rules by group."""
    parts = [
        "# Rules of `busyhour check`\n",
        f"{len(rules)} rules, one file each in `contract_tests/rules`. Errors are rejected by Connect on publish, "
        "warnings are problems for callers, notes are for information.\n",
        "Written by `make generate`; do not edit.\n",
    ]
    for group in GROUPS:
        members = [rule for rule in rules if rule.group == group]
        if not members:
            continue
        parts.append(f"## {group}\n\n{_GROUPS[group]}.\n\n| rule | severity | finds |\n|---|---|---|")
        parts += [f"| [{one.id}]({one.id}.md) | {one.severity} | {_cell(one.summary)} |" for one in members]
        parts[-1] += "\n"
    parts.append(_certainty())
    return "\n".join(parts)


def page(rule: Rule) -> str:
    """Return the page of one rule: its declaration, and its examples."""
    strict = " Checked under `--strict` only." if rule.strict else ""
    if rule.optional:
        strict += (
            f' Optional: runs where `[check]` has `enable = ["{rule.id}"]`, or with `--select {rule.id}`.'
        )
    about = f"About {_series(sorted(rule.types))}.\n\n" if rule.types and len(rule.types) <= 6 else ""
    parts = [
        f"# {rule.id}\n",
        f"{rule.summary}.\n",
        f"**{rule.severity}**, group {rule.group}. {_EFFECT[rule.severity]}{strict}\n",
        f"{about}## Why it matters\n\n{rule.why}\n",
        f"## How to fix it\n\n{rule.fix}\n",
        f"## Source\n\n{rule.source}.\n",
        *_undecided(rule),
        _examples(rule),
        f"## Suppressing it\n\nFor one action, with a reason, in the layout of the export:\n\n"
        f'```json\n"ActionMetadata": {{"<identifier>": {{"busyhour": {{"ignore": ["{rule.id}"], "reason": "…"}}}}}}\n```\n\n'
        f"For all flows: `busyhour check --ignore {rule.id}`, or under `[check]` in busyhour.toml.\n\n"
        "Written by `make generate`; do not edit.\n",
    ]
    return "\n".join(parts)


def _undecided(rule: Rule) -> list[str]:
    """Return the section on what is not known, empty if the rule has none."""
    rows = [one for one in evidence(shipped_schemas()) if one.rule == rule.id]
    if not rows:
        return []
    lines = ["## Not known\n", "A warning, since it is not known whether Connect rejects it:\n"]
    lines += [f"- {one.type}, {one.place or 'the action'}: {one.source}, {one.date}." for one in rows]
    return ["\n".join(lines) + "\n"]


def _certainty() -> str:
    """Return the table of constraints with evidence of their own."""
    lines = ["## Certainty of the constraints\n"]
    lines += [f"- {name}: {meaning}" for name, meaning in CERTAINTIES.items()]
    lines.append("\n| action type | constraint | certainty | date | source |\n|---|---|---|---|---|")
    lines += [
        f"| {one.type} | {_cell(one.place) or 'all others'} | {one.certainty} | {one.date} | {_cell(one.source)} |"
        for one in evidence(shipped_schemas())
    ]
    return "\n".join(lines) + "\n"


def _examples(rule: Rule) -> str:
    name = rule.id.replace("-", "_")
    folder = shipped_rules_folder().parent / "examples" / name
    lines = ["## Examples\n"]
    for kind, words in (("broken", "found"), ("kept", "left alone")):
        for path in sorted((folder / kind).glob("*")):
            link = f"../../contract_tests/examples/{name}/{kind}/{path.name}"
            lines.append(f"- {words}: [{path.stem.replace('-', ' ')}]({link})")
    return "\n".join(lines) + "\n"


def _series(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
