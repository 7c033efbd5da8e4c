# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the control node runs ``pg_migrations``."""

from __future__ import annotations

from ..plugin_utils.observing import ActionModule

__all__ = ["ActionModule"]
