# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that nobody has seen before: lines whose varying parts are taken out, and a baseline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..thresholds import Threshold, read_threshold
from .matching import Block, LineFinder, Matcher, read_matcher
from .redaction import redact_line
from .tops import TopCounter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_TEMPLATES = 5_000
SHOWN_TEMPLATES = 50
_LONGEST_MESSAGE = 2000
# Addresses of memory, hashes and UUIDs; then whatever is written with digits.
_VARYING = re.compile(
    rb"0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    rb"|\b(?=[a-fA-F]*[0-9])[0-9a-fA-F]{8,}\b|[0-9]+"
)
_VARYING_SHOWN = re.compile(_VARYING.pattern.decode(), re.ASCII)


@dataclass(frozen=True)
class MessageRule:
    """Lines that match are messages; those whose template is in ``known`` are not new."""

    matcher: Matcher
    known: frozenset[str]
    threshold: Threshold


@dataclass(frozen=True)
class Messages:
    """The templates of a log with their counts, the most frequent first.

    ``new`` are those that the baseline does not know; ``complete`` says whether none was forgotten.
    """

    templates: tuple[tuple[str, int], ...] = ()
    new: tuple[tuple[str, int], ...] = ()
    complete: bool = True


def read_message_rule(given: Mapping[str, Any], known: Iterable[str]) -> MessageRule:
    """The rule of the option ``new_messages`` and the lines of a baseline.

    Raises ``OpsError`` ``bad_pattern`` and ``bad_threshold``.
    """
    return MessageRule(
        matcher=read_matcher("logs.new_messages", given["pattern"], given.get("exclude")),
        known=frozenset(filter(None, (template_of(line.encode()) for line in known))),
        threshold=read_threshold("logs.new_messages", given["threshold"]),
    )


def template_of(line: bytes) -> str:
    """A line without what varies, and without secrets: ``Payment # refused code #``.

    The template of a template is the template itself, so that a baseline may hold either.
    """
    return " ".join(_VARYING_SHOWN.sub("#", redact_line(line[:_LONGEST_MESSAGE])).split())


class MessageCounter:
    """Counts templates block by block."""

    def __init__(self, rule: MessageRule) -> None:
        self._rule = rule
        self._finder = LineFinder(rule.matcher)
        self._templates = TopCounter(MOST_TEMPLATES)

    def feed(self, block: Block) -> None:
        """Count the messages of ``block``."""
        text, fix, add = block.text, _VARYING.sub, self._templates.add
        for start, end in self._finder.lines(block):
            line = text[start : min(end, start + _LONGEST_MESSAGE)]
            add(fix(b"#", line), line)

    def messages(self) -> Messages:
        """What was counted so far; lines that redaction makes equal are one template."""
        counts: dict[str, int] = {}
        for fixed, count in self._templates.ranked():
            # Of the line itself: without its digits a token would no longer look like one.
            template = template_of(self._templates.example(fixed))
            counts[template] = counts.get(template, 0) + count
        templates = tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        new = tuple(item for item in templates if item[0] not in self._rule.known)
        return Messages(templates, new, self._templates.complete)
