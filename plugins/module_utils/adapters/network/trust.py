# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a client of TLS trusts."""

from __future__ import annotations

import ssl

from ...core.errors import OpsError, cannot


def trust(ca_file: str | None) -> ssl.SSLContext:
    """Settings of TLS that trust the authorities in ``ca_file``, or those of the system.

    Raises ``OpsError`` ``bad_ca_file``.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        unreadable = "no certificate can be read from it"
        raise OpsError(
            cannot(
                f"trust the authorities of {ca_file}",
                unreadable if isinstance(error, ssl.SSLError) else error.strerror,
                "Give ca_file as a readable file of PEM certificates",
            ),
            code="bad_ca_file",
            details={"ca_file": ca_file},
        ) from error
