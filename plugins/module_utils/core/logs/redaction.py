# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep secrets and personal data out of the log lines that we show.

Better a word too many than a secret: what looks like one goes.
"""

from __future__ import annotations

import re

REDACTED = "[redacted]"
SHOWN_LENGTH = 300

_NAMES = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credential|session[_-]?id|otp)[\w-]{0,40}"
)
# In quotes; in quotes that are escaped, as in JSON inside of JSON; or up to the next space.
_VALUE = r"""(?:"(?:[^"\\]|\\.)*"?|\\+"[^"]*"?|'[^']*'?|\S+)"""
# Every rule takes time in proportion to the line: what it begins with is bounded, or can begin
# only once in a run of its characters.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*"), REDACTED),
    (re.compile(r"(?i)(cookie\\*[\"']?\s{0,9}[:=]).*"), rf"\1 {REDACTED}"),
    (re.compile(r"(?i)(authorization\\*[\"']?\s{0,9}[:=]).*"), rf"\1 {REDACTED}"),
    (re.compile(r"(?i)(\b[a-z][a-z0-9+.-]{0,30}://)[^\s\"'<>]*@"), rf"\1{REDACTED}@"),
    (re.compile(r"(?i)\b((?:bearer|basic)\s{1,9})[\w.~+/=-]{8,}"), rf"\1{REDACTED}"),
    (
        re.compile(rf"(?i)({_NAMES}\\*[\"']?\s{{0,9}}(?:=>|[:=])\s{{0,9}}){_VALUE}"),
        rf"\1{REDACTED}",
    ),
    (re.compile(rf"(?i)(--?[\w-]{{0,40}}?{_NAMES}\s{{1,9}}){_VALUE}"), rf"\1{REDACTED}"),
    (re.compile(r"(?<![0-9A-Za-z])eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"), REDACTED),
    (re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), REDACTED),
    (re.compile(r"\b(?:gh[oprsu]|sk|pk|rk|xox[a-z])[_-]\w{8,}"), REDACTED),
    (re.compile(r"(?i)(?<![0-9a-z])[0-9a-f]{32,}(?![0-9a-z])"), REDACTED),
    # Base64 of any alphabet; upper case, lower case and a digit tell it from words and paths.
    (
        re.compile(
            r"(?<![\w+/-])(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])(?=[\w+/-]*[0-9])[\w+/-]{32,}={0,2}"
        ),
        REDACTED,
    ),
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def redact_line(line: bytes) -> str:
    """One line as text to show: secrets and addresses out, nothing that steers a terminal in.

    The line is cut only behind the redaction, so that no half of a secret stays unrecognised.
    """
    text = _UNPRINTABLE.sub(" ", line.decode("utf-8", "replace")).strip()
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}..."
