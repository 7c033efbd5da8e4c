# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup that reads certificates on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_facts
short_description: What the certificates in files on the control node say
version_added: 0.1.0
author: runbook.ops contributors (@runbook-ops)
description:
  - Reads files as M(runbook.ops.cert_expiry) does, but on the control node and without judging, so
    that a certificate can be looked at before it goes to a host.
  - A file that holds no certificate fails the task.
options:
  _terms:
    description: Files with certificates, as PEM, DER or PKCS#12. Globs are expanded.
    type: list
    elements: path
    required: true
  pkcs12_password:
    description: Password of the PKCS#12 files. By default they are opened with an empty one.
    type: str
requirements:
  - cryptography on the control node (C(python3-cryptography))
"""

EXAMPLES = r"""
- name: Refuse to deploy a certificate that is not for the shop
  ansible.builtin.assert:
    that: "'shop.example' in found.names"
  vars:
    found: "{{ query('runbook.ops.certificate_facts', '/srv/shop.pem') | first }}"
"""

RETURN = r"""
_raw:
  description:
    - The certificates in the order of their files, with the keys that C(certificates) of
      M(runbook.ops.cert_expiry) has, but for C(server_name) and C(verdicts).
  type: list
  elements: dict
"""

from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..module_utils.adapters.certificates.files import read_certificate_files
from ..module_utils.core.certificates.judgement import Observation
from ..module_utils.core.errors import OpsError, cannot


class LookupModule(LookupBase):
    """What Ansible loads."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[dict[str, Any]]:
        """The certificates of the files that ``terms`` name."""
        del variables  # no option of this lookup is read from a variable
        now = datetime.now(timezone.utc)
        try:
            found = read_certificate_files(terms, kwargs.get("pkcs12_password") or "")
            return [_describe(one, now) for one in found]
        except OpsError as error:
            raise AnsibleLookupError(error.message) from error


def _describe(found: Observation, now: datetime) -> dict[str, Any]:
    if found.certificate is None:
        cause = f"it {found.fault.cause}" if found.fault else ""
        what = f"read the certificate of {found.subject}"
        raise OpsError(cannot(what, cause, "Correct the path or the file"), code="no_certificate")
    return {"source": found.subject, **found.certificate.as_dict(now)}
