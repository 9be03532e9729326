"""SSML that is not well-formed, or has a tag that Connect does not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat

from busyhour.api.rules import SPEAKING, FlowView, Problem, did_you_mean, rule, spoken

_TAGS = frozenset(
    {
        *("speak", "break", "lang", "mark", "p", "phoneme", "prosody", "s", "say-as", "sub", "w", "emphasis"),
        *("amazon:effect", "amazon:domain", "amazon:auto-breaths", "amazon:breath", "amazon:emotion"),
    }
)
_FILLED_IN = re.compile(r"\$\{[^}]*\}|\{\{.*?\}\}|<<.*?>>|%[A-Za-z][\w.]*%|\[\[.*?\]\]", re.DOTALL)

_WORDS = {
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]: "a tag is not closed",
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "there is text after </speak>",
}
_STRENGTHS = frozenset({"none", "x-weak", "weak", "medium", "strong", "x-strong"})
_TIME = re.compile(r"\+?(?:\d+(?:\.\d*)?|\.\d+)(?:ms|s)|x")


@rule(
    id="ssml-invalid",
    severity="warning",
    summary="SSML that is not well-formed, or has a tag that Connect does not read",
    why="The text is not spoken: the block takes its error branch, or the caller hears nothing.",
    fix="Close every tag, put attributes in quotes, write & as &amp;, and use the tags of AWS's list only.",
    source="AWS administrator guide, SSML tags supported by Amazon Connect; Amazon Polly, InvalidSsmlException",
    group="schema",
    types=SPEAKING,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """SSML, and text that is read as SSML, with an error of its markup."""
    for action, pointer, kind, text in spoken(flow):
        if kind == "SSML" or text.lstrip().startswith("<speak"):
            wrong = _wrong(text)
            if wrong:
                yield flow.problem(wrong, *pointer, action=action)


def _break(attributes: dict[str, str]) -> str:
    """Return what is wrong with the attributes of `<break>`; empty where nothing is."""
    time, strength = attributes.get("time"), attributes.get("strength")
    if strength is not None and strength not in _STRENGTHS:
        return f'<break strength="{strength}">: not one of {", ".join(sorted(_STRENGTHS))}'
    if time is None or "$" in time or _TIME.fullmatch(time):
        return ""
    return f'<break time="{time}">: not a time in s or ms, such as 500ms'


def _wrong(text: str) -> str:
    """Return what is wrong with the markup; empty where nothing is."""
    filled = _FILLED_IN.sub("x", text).strip()
    if "<" not in filled and "&" not in filled:
        return ""
    whole = filled if filled.startswith("<speak") else f"<speak>{filled}</speak>"
    found: list[str] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        if name not in _TAGS:
            found.append(f"<{name}> is not a tag that Connect reads.{did_you_mean(name, _TAGS)}")
        elif name == "break" and (wrong := _break(attributes)):
            found.append(wrong)

    parser.StartElementHandler = start
    try:
        parser.Parse(whole, True)
    except expat.ExpatError as error:
        shift = 0 if whole is filled or error.lineno > 1 else len("<speak>")
        what = _WORDS.get(error.code, expat.ErrorString(error.code))
        return f"the SSML is not well-formed: {what} at character {error.offset - shift + 1}"
    return found[0] if found else ""
