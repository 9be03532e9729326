"""The pages of the rules are what the rules say now."""

from pathlib import Path

from busyhour.contracts.loading import load_rules
from busyhour.contracts.rule_pages import FOLDER, address, pages

ROOT = Path(__file__).parents[3]
RULES = load_rules()


def test_a_page_contains_everything_the_rule_declares():
    for rule in RULES:
        text = pages(RULES)[f"{rule.id}.md"]
        assert all(
            part in text for part in (rule.summary, rule.why, rule.fix, rule.source, str(rule.severity))
        )


def test_links_to_examples_exist():
    for rule in RULES:
        for link in pages(RULES)[f"{rule.id}.md"].split("](")[1:]:
            assert (ROOT / FOLDER / link.split(")")[0]).exists()


def test_the_index_lists_every_rule_once():
    index = pages(RULES)["README.md"]
    for rule in RULES:
        assert index.count(f"[{rule.id}]({rule.id}.md)") == 1


def test_addresses_are_absolute():
    assert address() == "urn:busyhour"
    assert address("no-end") == "urn:busyhour:rule:no-end"
