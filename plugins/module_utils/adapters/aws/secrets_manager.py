# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Secrets Manager: the values of secrets, which no error and no log ever holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...core.errors import OpsError, cannot
from .s3 import load_library

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ...core.environment.env_file import Variable

_SECONDS = 10


def read_values(variables: Iterable[Variable], options: Mapping[str, Any]) -> dict[str, str]:
    """The value of each variable by its name, in their order; the store is asked where it must be.

    ``options`` are ``region``, ``endpoint_url``, ``access_key``, ``secret_key`` and ``profile``.

    Raises ``OpsError`` ``missing_library``, ``no_secret`` and ``bad_secret``.
    """
    asked: dict[str, str] = {}
    values: dict[str, str] = {}
    client: Any = None
    for variable in variables:
        if variable.id is None:
            values[variable.name] = variable.value or ""
            continue
        if variable.id not in asked:
            client = client or _connect(options)
            asked[variable.id] = _ask(client, variable.id)
        values[variable.name] = _part(asked[variable.id], variable)
    return values


def _connect(options: Mapping[str, Any]) -> Any:
    library = load_library()
    faults = library["faults"]
    config = library["config"].Config(
        connect_timeout=_SECONDS,
        read_timeout=_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    try:
        session = library["session"].Session(
            aws_access_key_id=options["access_key"],
            aws_secret_access_key=options["secret_key"],
            region_name=options["region"],
            profile_name=options["profile"],
        )
        return session.client("secretsmanager", endpoint_url=options["endpoint_url"], config=config)
    except (faults.BotoCoreError, ValueError) as error:
        raise OpsError(
            cannot("reach the Secrets Manager", error, "Correct the options below store"),
            code="bad_option",
        ) from error


def _ask(client: Any, identity: str) -> str:
    faults = load_library()["faults"]
    try:
        answer = client.get_secret_value(SecretId=identity)
    except (faults.BotoCoreError, faults.ClientError) as error:
        raise OpsError(
            cannot(
                f"read the secret {identity}", error, "Correct its id, or let this host read it"
            ),
            code="no_secret",
            details={"id": identity},
        ) from error
    if "SecretString" not in answer:
        raise _bad(identity, "it is binary", "Keep it as text")
    return str(answer["SecretString"])


def _part(text: str, variable: Variable) -> str:
    """The whole secret, or the part of its JSON that ``key`` names."""
    identity = variable.id or ""
    if variable.key is None:
        return text
    try:
        part = json.loads(text)[variable.key]
    except ValueError:
        # ``from None``: the error of json holds the document.
        raise _bad(identity, "it is no JSON", "Leave out key") from None
    except (KeyError, TypeError):
        raise _bad(identity, f"it has no key {variable.key}", "Correct key") from None
    if isinstance(part, (str, int, float)) and not isinstance(part, bool):
        return str(part)
    raise _bad(identity, f"{variable.key} in it is no text", "Keep it as text")


def _bad(identity: str, cause: str, advice: str) -> OpsError:
    return OpsError(
        cannot(f"use the secret {identity}", cause, advice),
        code="bad_secret",
        details={"id": identity},
    )
