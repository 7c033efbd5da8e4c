#!/usr/bin/python
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge when certificates end, and whether clients accept them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cert_expiry
short_description: Judge the certificates of TLS endpoints and files
version_added: 0.1.0
description:
  - Reads the certificates of many endpoints at once, and of files, and judges each.
  - A certificate is read whatever is wrong with it. Each question has its own check, so a
    certificate that is expired, signed by itself and made for another name gets all three findings.
  - C(tls.expiry) judges the days that are left by O(thresholds). A certificate that is expired or
    not yet valid is critical whatever O(thresholds) says.
  - C(tls.hostname) tells whether the certificate is for the name that was asked for (RFC 6125).
    Only its alternative names count, as for the clients of today, not its common name.
  - C(tls.trust) tells whether its chain leads to a trust anchor, apart from name and validity.
  - C(tls.reachable) tells whether there is a server, and C(tls.protocol) what is wrong with its
    TLS, where anything is. C(tls.file) names a file that holds no certificate that can be read.
  - The module talks to servers of TLS 1.0 too, where the OpenSSL of the host still can.
author:
  - runbook.ops contributors (@runbook-ops)
extends_documentation_fragment:
  - runbook.ops.checks
options:
  endpoints:
    description: The servers to ask. At least one endpoint or file must be given.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Name or address of the server.
        type: str
        required: true
      port:
        description: Port of the server, where TLS begins with the first byte.
        type: int
        default: 443
      server_name:
        description:
          - The name to ask for (SNI), and that the certificate must be for.
          - By default O(endpoints[].host). An address is not sent, but the certificate must be for
            it.
        type: str
  files:
    description:
      - Files with certificates, as PEM (one or many) or DER. Globs are expanded, C(**) too.
      - A glob that matches nothing is critical, so that a certificate that went away is seen.
    type: list
    elements: path
    default: []
  ca_file:
    description: PEM file of the trust anchors. By default those of the host are used.
    type: path
  thresholds:
    description:
      - The days left from which on a certificate is V(warning) or V(critical), with C(op) V(lt)
        (below the limit) or V(le) (at the limit too). Fractions of a day count.
      - A limit that is left out is never reached.
    type: dict
    default: {op: lt, warning: 30, critical: 7}
  timeout:
    description:
      - Seconds that each endpoint gets for all of it, from the search for its address to the end of
        the handshake.
    type: float
    default: 5
  max_workers:
    description: How many endpoints are asked at the same time, from 1 to 256.
    type: int
    default: 32
requirements:
  - cryptography on the managed host (C(python3-cryptography))
notes:
  - With Python 3.9, which does not show the chain that a server sends, V(incomplete_chain) cannot
    be told from V(untrusted_issuer) and is returned as the latter.
"""

EXAMPLES = r"""
- name: Judge what the platform serves, and what the next reload will serve
  runbook.ops.cert_expiry:
    endpoints:
      - host: liyaqa.example
      - host: 127.0.0.1
        port: 8443
        server_name: api.liyaqa.example
    files:
      - /etc/letsencrypt/live/*/fullchain.pem

- name: Fail when a certificate of the private authority has less than two days left
  runbook.ops.cert_expiry:
    endpoints:
      - host: db1.internal
        port: 8443
    ca_file: /etc/ssl/private-ca.pem
    thresholds:
      op: lt
      warning: 5
      critical: 2
    fail_on: critical
"""

RETURN = r"""
summary:
  description: One sentence with the counts, and the certificate that is the first to end.
  returned: success
  type: str
  sample: >-
    3 looked at: 2 ok, 1 warning; the first to end is liyaqa.example:443, which ends in 12.3 days.
status:
  description: The worst status among RV(checks).
  returned: success
  type: str
  sample: warning
checks:
  description:
    - The checks of each endpoint and file, in the order of the options. The subject is
      C(host:port), with the server name in parentheses where it is another, or the path, with C(#2)
      for the second certificate of a file.
    - The value of C(tls.expiry) is the days that are left. Those of the others are the verdict in a
      word. C(tls.reachable) knows V(reachable), V(no_address), V(refused), V(timeout), V(silent)
      (no handshake in time), V(reset), V(closed) and V(unreachable); C(tls.protocol) knows
      V(not_tls), V(old_protocol), V(unknown_name), V(handshake_refused), V(handshake_failed) and
      V(broken_certificate); C(tls.hostname) knows V(matching) and V(hostname_mismatch);
      C(tls.trust) knows V(trusted), V(self_signed), V(untrusted_issuer), V(incomplete_chain),
      V(chain_outdated) and V(chain_invalid); C(tls.file) knows V(no_match), V(missing),
      V(unreadable), V(not_a_file), V(too_large), V(empty), V(private_key), V(no_certificate) and
      V(broken).
  returned: success
  type: list
  elements: dict
  sample:
    - id: tls.expiry
      subject: liyaqa.example:443
      status: warning
      value: 12.345
      unit: days
      warning: 30.0
      critical: 7.0
      summary: The certificate of liyaqa.example:443 ends in 12.3 days, at 2026-02-12T12:16:48Z.
      remedy: null
      observed_at: "2026-01-31T04:00:00Z"
certificates:
  description:
    - Every certificate that was read, in the order of the options.
    - The times are UTC, C(days_left) is rounded down to hundredths, C(serial) and C(sha256) (of the
      DER) are hexadecimal. C(key_type) is V(rsa), V(ec), V(dsa), V(ed25519), V(ed448) or
      V(unknown), and C(key_bits) null where the kind has no size.
    - C(verdicts) are V(expiring), V(expired), V(not_yet_valid) and the words of C(tls.hostname) and
      C(tls.trust) that are findings, or V(valid) alone. C(server_name) is null for a file.
  returned: success
  type: list
  elements: dict
  sample:
    - source: liyaqa.example:443
      server_name: liyaqa.example
      subject: CN=liyaqa.example
      issuer: CN=R11,O=Let's Encrypt,C=US
      names: [liyaqa.example, www.liyaqa.example]
      serial: 4a0c51d8e6f2
      not_before: "2025-11-14T12:16:49Z"
      not_after: "2026-02-12T12:16:48Z"
      days_left: 12.34
      sha256: 6f4c2be1d0a95387...
      key_type: ec
      key_bits: 256
      self_signed: false
      verdicts: [expiring]
"""

from typing import Any

from ..module_utils.adapters.certificate_files import read_certificate_files
from ..module_utils.adapters.tls import read_served
from ..module_utils.core.certificate_survey import judge_observations
from ..module_utils.core.certificate_verdicts import read_days
from ..module_utils.core.certificates import read_endpoints
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry import Task, run_module
from ..module_utils.options import check_options, threshold_option

ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    "endpoints": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "host": {"type": "str", "required": True},
            "port": {"type": "int", "default": 443},
            "server_name": {"type": "str"},
        },
    },
    "files": {"type": "list", "elements": "path", "default": []},
    "ca_file": {"type": "path"},
    "thresholds": threshold_option(op="lt", warning=30, critical=7),
    "timeout": {"type": "float", "default": 5},
    "max_workers": {"type": "int", "default": 32},
}


def run(task: Task) -> Outcome:
    """Read every certificate and judge it."""
    threshold = read_days(task.params["thresholds"])
    endpoints = read_endpoints(task.params["endpoints"])
    served = read_served(
        endpoints,
        task.params["ca_file"],
        seconds=task.params["timeout"],
        at_once=task.params["max_workers"],
    )
    kept = read_certificate_files(task.params["files"])
    survey = judge_observations((*served, *kept), threshold, task.now)
    facts = {"certificates": list(survey.certificates)}
    return Outcome(summary=survey.summary, checks=survey.checks, facts=facts)


def main() -> None:
    """Start the module."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
