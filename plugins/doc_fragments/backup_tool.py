# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of a tool that keeps backups of its own."""

from __future__ import annotations


class ModuleDocFragment:
    """The option ``tool``."""

    DOCUMENTATION = r"""
options:
  tool:
    description:
      - Ask this tool about its backups, instead of reading files. Its commands only read, and its
        times, sizes and complaints are judged like those of files.
      - Known are C(pgbackrest) 2.45, C(restic) 0.14, C(borg) 1.2 and C(barman) 3.4. A JSON of
        another form is an error with the code C(bad_answer).
    type: dict
    suboptions:
      name:
        description: The tool.
        type: str
        choices: [pgbackrest, restic, borg, barman]
        required: true
      stanza:
        description: The stanza of C(pgbackrest).
        type: str
      repository:
        description:
          - The repository of C(restic) or C(borg). An address that holds a password belongs into
            O(tool.environment_file), as C(RESTIC_REPOSITORY) or C(BORG_REPO).
        type: str
      server:
        description: The server of C(barman).
        type: str
      config:
        description: The configuration of C(pgbackrest) or C(barman), where it is not at its place.
        type: path
      password_file:
        description: File on the host with the password of the repository of C(restic) or C(borg).
        type: path
      environment_file:
        description:
          - File on the host with lines C(NAME=value), which become the environment of the tool,
            such as the keys of S3. Its values are shown nowhere.
        type: path
      user:
        description: Run the tool as this user, such as V(postgres) or V(barman). It needs root.
        type: str
      program:
        description: The program by path, where it is not found by its name.
        type: str
      check:
        description:
          - Whether the tool checks its repository too (C(backup.integrity)), which can take long -
            C(pgbackrest verify), C(restic check), C(borg check) or C(barman check-backup). Not all
            of them read all data; none of them proves that a restore would work.
        type: bool
        default: false
      timeout:
        description: Seconds that each of its commands may take.
        type: float
        default: 300
"""
