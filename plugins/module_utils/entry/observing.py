# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that knows ``AnsibleModule``: how a module starts and ends.

An observer gets a ``Look``, which has no way to a write, and brings no journal to the host.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from ansible.module_utils.basic import AnsibleModule

from ..core.check import Status
from ..core.errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.outcome import Outcome

_FAILING = {
    "never": None,
    "warning": Status.WARNING,
    "critical": Status.CRITICAL,
}


class Look:
    """One run of a module: its options, its clock, and whether it is a rehearsal."""

    def __init__(self, params: Mapping[str, Any], *, check_mode: bool, now: datetime) -> None:
        self.params = params
        self.check_mode = check_mode
        self.now = now

    def written(self) -> dict[str, Any]:
        """What the run adds to its result, however it ends; nothing for one that looks."""
        return {}


_Run = TypeVar("_Run", bound=Look)


def run_observer(
    run: Callable[[Look], Outcome], argument_spec: dict[str, Any], **rules: Any
) -> None:
    """Run a module that looks: ``run`` gets a look and gives an outcome.

    ``rules`` are AnsibleModule's own (``required_if``, ``mutually_exclusive`` ...).
    """
    run_as(Look, run, argument_spec, **rules)


def run_as(
    kind: Callable[..., _Run],
    run: Callable[[_Run], Outcome],
    argument_spec: dict[str, Any],
    **rules: Any,
) -> None:
    """Run a module whose ``run`` gets one of ``kind``; every end goes through here."""
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True, **rules)
    given = kind(module.params, check_mode=module.check_mode, now=datetime.now(timezone.utc))
    try:
        outcome = run(given)
    except OpsError as error:
        module.fail_json(
            msg=error.message, code=error.code, details=error.details, **given.written()
        )
    for text in outcome.warnings:
        module.warn(text)
    result = {**given.written(), **outcome.as_result()}
    refusal = _refusal(module, outcome)
    if refusal is not None:
        module.fail_json(msg=refusal, code="checks_failed", **result)
    module.exit_json(**result)


def _refusal(module: AnsibleModule, outcome: Outcome) -> str | None:
    """Why ``fail_on`` does not accept the outcome, or ``None`` where it does."""
    limit = _FAILING[module.params.get("fail_on") or "never"]
    if limit is None or outcome.status < limit:
        return None
    return cannot(
        f"accept the {outcome.status.label} checks of {module._name}",
        outcome.worst_summary(),
        f"Mend what the checks name; fail_on is {module.params['fail_on']}",
    )
