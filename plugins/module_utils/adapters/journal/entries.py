# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of a journal, for those who decide by what was done before."""

from __future__ import annotations

from ...core.journal.chain import Entry, read_entry
from .file import Journal


def read_entries(journal_path: str) -> list[Entry | None]:
    """The entries, oldest first; a line that is none is ``None``.

    Raises ``OpsError`` ``journal_unreadable``.
    """
    return [read_entry(line[2]) for line in Journal(journal_path).read_lines()]
