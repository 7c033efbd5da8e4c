# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of where and how a backup is kept."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module that makes a backup."""

    DOCUMENTATION = r"""
options:
  directory:
    description:
      - The directory of the backups, which has to be there. It is not made, so that a file system
        that is not mounted is noticed.
      - The files in it are for their owner only (mode 0600).
    type: path
    required: true
  prefix:
    description:
      - What the names begin with; the time in UTC and the kind follow, as in
        C(shop_20260131_020000.sql.gz).
      - By default the name of what is backed up. Where one run makes several backups, that name
        stands behind O(prefix).
    type: str
  compression:
    description:
      - How it is compressed. V(gzip) is done by C(pigz) where the host has it, on every processor.
      - V(zstd) needs the program of that name on the host.
    type: str
    choices: [gzip, zstd, none]
    default: gzip
  level:
    description:
      - How hard it is compressed, 1 to 9 with V(gzip) and 1 to 19 with V(zstd). By default 6 and 3.
    type: int
  encrypt:
    description:
      - Encrypt it for these recipients, by the programs C(age) or C(gpg) of the host. Whoever holds
        one of the private keys can decrypt it; the host itself need not.
      - Give one kind of recipients.
    type: dict
    suboptions:
      age_recipients:
        description: Public keys of C(age), or of SSH.
        type: list
        elements: str
        default: []
      gnupg_recipients:
        description:
          - Whole fingerprints of keys in the key ring of the user that runs the module, or paths of
            files on the host that hold one public key each.
        type: list
        elements: str
        default: []
  s3:
    description:
      - Copy it there, with its sidecar and its manifest before it, and prove the copy by the
        SHA-256 that S3 keeps, or else by reading it back.
      - An object of more than 1 GiB is sent in parts. When the copy fails the task fails, and the
        backup in O(directory) stays.
    type: dict
  unless_newer_than:
    description:
      - Do nothing where the directory has the same kind of backup of the same source, whole and
        less than this many hours old. With V(0) every run makes one.
      - With O(s3), that one is copied there when its copy is missing or differs.
    type: float
    default: 0
  timeout:
    description: Seconds until the backup has to be written; after that it fails.
    type: float
    default: 14400
  release:
    description: The release of the application that runs, for the manifest.
    type: str
attributes:
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: partial
    details: A backup is made in every run, unless O(unless_newer_than) finds one.
"""
