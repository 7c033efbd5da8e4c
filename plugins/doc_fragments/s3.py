# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of where in S3 the copies of backups are."""

from __future__ import annotations


class ModuleDocFragment:
    """The option that names a bucket, and how it is reached."""

    DOCUMENTATION = r"""
options:
  s3:
    description:
      - Where the copy of each backup is, under the name of its file. Without it, S3 is left alone.
    type: dict
    suboptions:
      bucket:
        description: The bucket.
        type: str
        required: true
      prefix:
        description: What stands before the name of the file in the key; a slash is put between.
        type: str
      endpoint_url:
        description: Address of an S3 that is not AWS.
        type: str
      region:
        description: The region.
        type: str
      access_key:
        description: The access key; by default the host's own credentials.
        type: str
      secret_key:
        description: The secret of O(s3.access_key).
        type: str
      profile:
        description: The profile of the host's AWS configuration to use instead.
        type: str
"""
