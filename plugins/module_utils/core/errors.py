# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception family of the collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class OpsError(Exception):
    """What stopped us, in a sentence a person can act on.

    ``message`` reads ``Cannot <verb> <object>: <cause>. <What to do>.`` and never holds a secret;
    ``code`` is a stable word that playbooks can branch on; ``details`` are JSON-ready facts.
    """

    def __init__(
        self, message: str, *, code: str, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.details = dict(details or {})


class UnreachableError(OpsError):
    """The subject did not answer: a critical check of an observer, a failure of an actor."""


def cannot(what: str, cause: object, advice: str) -> str:
    """The sentence of an error: ``Cannot <what>: <cause>. <advice>.``.

    ``cause`` is often a library's own text: it is folded to one line and loses its full stop.
    """
    reason = " ".join(str(cause).split()).rstrip(".") or "no reason was given"
    return f"Cannot {what}: {reason}. {advice.rstrip('.')}."
