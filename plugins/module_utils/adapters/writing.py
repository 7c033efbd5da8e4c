# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate in front of every function that changes the world.

``Task.apply`` opens it, and nothing else does; so a module that reaches for a write on another way
fails loudly instead of changing a host in check mode.
"""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any, Callable, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

_Function = TypeVar("_Function", bound=Callable[..., Any])
_gate = {"open": False}


class WriteOutsideApplyError(RuntimeError):
    """A defect of ours, never the user's: a write that did not go through ``Task.apply``."""


def writes(function: _Function) -> _Function:
    """Mark ``function`` as one that changes the world; it runs only while the gate is open."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not _gate["open"]:
            raise WriteOutsideApplyError(f"{function.__qualname__} was called outside Task.apply")
        return function(*args, **kwargs)

    return cast("_Function", guarded)


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Open the gate for the block."""
    _gate["open"] = True
    try:
        yield
    finally:
        _gate["open"] = False
