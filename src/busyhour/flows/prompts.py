"""Prompts: their length in seconds, by a model in characters per second or as given for recordings; recordings of an action.

Amazon Polly's standard English voices read about 15 characters a second, spaces included; languages written
without spaces (Chinese, Japanese, Korean) take about 6 characters a second. Both are measures of everyday
speech, accurate to about 20 %; measured lengths go into `prompt_seconds` of the scenario. SSML is applied as
far as it changes the length: breaks, prosody rate, spelled-out text, audio files.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_WIDE_FROM = "\u2e80"
_TAG = re.compile(r"<[^<>]*>")
_NAME = re.compile(r"</?\s*(?:\w+:)?([\w-]+)")
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_TIME = re.compile(r"\s*\+?(\d+(?:\.\d+)?|\.\d+)\s*(ms|s)\s*", re.IGNORECASE)
_BREAKS = {"none": 0.0, "x-weak": 0.0, "weak": 0.25, "medium": 0.5, "strong": 1.0, "x-strong": 1.5}
_RATES = {"x-slow": 0.5, "slow": 0.8, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.6}
_SPELLED = {"characters", "spell-out", "digits", "telephone", "verbatim"}


@dataclass(frozen=True, slots=True)
class Speech:
    """The model of prompt durations. All rates are those of a normal voice, in characters per second."""

    characters_per_second: float = 15.0
    wide_characters_per_second: float = 6.0
    """Rate for Chinese, Japanese and Korean characters."""
    spelled_seconds: float = 0.4
    """Seconds for each character of text that is spelled out (`<say-as interpret-as="digits">`)."""
    pause_seconds: float = 0.3
    """Seconds after a paragraph or sentence element of SSML."""
    recording_seconds: float = 5.0
    """Seconds of a recorded prompt without a given length."""

    def text(self, text: str) -> float:
        """Return the length of plain text in seconds."""
        if text.isascii():
            return len(text) / self.characters_per_second
        wide = sum(1 for character in text if character >= _WIDE_FROM)
        return (len(text) - wide) / self.characters_per_second + wide / self.wide_characters_per_second

    def ssml(self, text: str, given: Mapping[str, float] | None = None) -> float:
        """Return the length of SSML in seconds; `given` has lengths of audio files by their src.

        Markup that is not well formed is read as far as possible (Polly would reject it).
        """
        seconds = 0.0
        rates = [1.0]
        open_prosody: list[bool] = []
        spelled = 0
        position = 0
        for tag in _TAG.finditer(text):
            seconds += self._stretch(text[position : tag.start()], rates[-1], spelled)
            position = tag.end()
            found = _NAME.match(tag.group())
            name = found.group(1).lower() if found else ""
            closing, empty = tag.group().startswith("</"), tag.group().endswith("/>")
            attributes = {key: one or two for key, one, two in _ATTRIBUTE.findall(tag.group())}
            if name == "break" and not closing:
                seconds += _break(attributes)
            elif name == "audio" and not closing:
                seconds += (given or {}).get(attributes.get("src", ""), self.recording_seconds)
            elif name in ("p", "s") and (closing or empty):
                seconds += self.pause_seconds
            elif name == "prosody" and not empty:
                if closing:
                    if open_prosody and open_prosody.pop():
                        rates.pop()
                else:
                    open_prosody.append("rate" in attributes)
                    if "rate" in attributes:
                        rates.append(rates[-1] * _rate(attributes["rate"]))
            elif name == "say-as" and not empty:
                if closing:
                    spelled = max(0, spelled - 1)
                elif spelled or attributes.get("interpret-as", "") in _SPELLED:
                    spelled += 1
        return seconds + self._stretch(text[position:], rates[-1], spelled)

    def _stretch(self, text: str, rate: float, spelled: int) -> float:
        words = " ".join(html.unescape(text).split())
        if not words:
            return 0.0
        seconds = len(words) * self.spelled_seconds if spelled else self.text(words)
        return seconds / rate

    def recording(self, given: Mapping[str, float], *names: str) -> float:
        """Return the length of a recorded prompt in seconds, by any of `names`: id, ARN or name."""
        for name in names:
            if name in given:
                return given[name]
            tail = name.rpartition("/")[2]
            if tail in given:
                return given[tail]
        return self.recording_seconds


def spoken(ssml: str) -> str:
    """Return the words of SSML without the markup, for traces."""
    return " ".join(html.unescape(_TAG.sub(" ", ssml)).split())


def _break(attributes: Mapping[str, str]) -> float:
    time = _TIME.fullmatch(attributes.get("time", ""))
    if time:
        return float(time.group(1)) / (1000.0 if time.group(2).lower() == "ms" else 1.0)
    return _BREAKS.get(attributes.get("strength", "medium"), 0.5)


def _rate(value: str) -> float:
    value = value.strip().lower()
    if value.endswith("%"):
        try:
            share = float(value[:-1])
        except ValueError:
            return 1.0
        # Polly reads "+10%" as relative to normal speed and "110%" as absolute.
        factor = 1.0 + share / 100.0 if value[0] in "+-" else share / 100.0
        return min(max(factor, 0.2), 5.0)
    return _RATES.get(value, 1.0)


def recordings(value: Any) -> Iterator[str]:
    """Yield the ids and addresses of recorded prompts anywhere in the parameters of an action."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("PromptId", "Uri") and isinstance(inner, str):
                yield inner
            else:
                yield from recordings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from recordings(inner)
