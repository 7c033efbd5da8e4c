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
  - C(tls.expiry) judges the days that are left by O(thresholds) and O(fractions). A certificate
    that is expired or not yet valid is critical whatever they say.
  - C(tls.hostname) tells whether the certificate is for the name that was asked for (RFC 6125).
    Only its alternative names count, as for the clients of today, not its common name.
  - C(tls.trust) tells whether its chain leads to a trust anchor, apart from name and validity.
  - C(tls.reachable) tells whether there is a server, and C(tls.protocol) what is wrong with its
    TLS, where anything is; a server that speaks nothing newer than TLS 1.1 gets a warning.
    C(tls.file) names a file that holds no certificate that can be read.
  - C(tls.strength) names weak keys and signatures, C(tls.lifetime) a lifetime that browsers refuse,
    C(tls.chain_expiry) a certificate above that ends before the leaf, and C(tls.chain_order) a
    chain that is not sorted.
  - C(tls.served) compares what an endpoint serves with the file that it should serve, which finds
    the server that nobody reloaded after a renewal.
  - C(tls.key) tells whether a key belongs to its certificate, and C(tls.key_access) who can read
    it. C(tls.lineage) and C(tls.renewal) tell whether certbot keeps and renews what it should.
  - C(tls.expected) tells which certificate is not there any more.
  - C(tls.addresses) compares the addresses of a host, and C(tls.stapling) judges the OCSP response
    of a server.
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
        description:
          - Name or address of the server. Of a name with letters of which IDNA 2003 and 2008 make
            different names (sharp s, final sigma), give the A-label.
        type: str
        required: true
      port:
        description:
          - Port of the server. By default 443, or with O(endpoints[].starttls) that of its
            protocol. V(ftp) 21, V(imap) 143, V(ldap) 389, V(mysql) 3306, V(pop3) 110, V(postgres)
            5432, V(smtp) 25.
        type: int
      server_name:
        description:
          - The name to ask for (SNI), and that the certificate must be for.
          - By default O(endpoints[].host). An address is not sent, but the certificate must be for
            it.
        type: str
      starttls:
        description:
          - The protocol in which the server is asked to begin TLS. Without it, TLS begins with the
            first byte.
        type: str
        choices: [ftp, imap, ldap, mysql, pop3, postgres, smtp]
      addresses:
        description:
          - V(all) asks every IPv4 and IPv6 address of the host, at most 32 of them, all at the same
            time, and compares what they serve. C(localhost) counts as one address.
          - V(first) asks the first address that accepts a connection.
        type: str
        choices: [all, first]
        default: all
      stapling:
        description:
          - Whether to ask for a stapled OCSP response, with the program C(openssl).
          - A certificate that lasts at most 10 days, or that names no OCSP responder, is not asked
            for it.
        type: bool
        default: false
      file:
        description:
          - The file with the certificate that this endpoint should serve. By default that of the
            lineage in O(certbot) that holds the server name, in full or else by a wildcard.
        type: path
      reload:
        description: The service or container to reload when it serves another. For the report only.
        type: str
  files:
    description:
      - Files with certificates, as PEM (one or many), DER or PKCS#12. Globs are expanded, C(**)
        too.
      - A glob that matches nothing is critical, so that a certificate that went away is seen.
      - A PEM file that holds a private key, too, is judged as one of O(pairs) is, whose key is in
        the same file.
    type: list
    elements: path
    default: []
  pairs:
    description: Certificates with their private keys. The keys are compared, and never returned.
    type: list
    elements: dict
    default: []
    suboptions:
      certificate:
        description: File with the certificate.
        type: path
        required: true
      key:
        description: File with the private key, as PEM or DER, without a passphrase.
        type: path
        required: true
      owner:
        description: The user who has to own the key, if not root, such as V(postgres).
        type: str
  certbot:
    description:
      - Directories of certbot, such as V(/etc/letsencrypt). Every lineage in them is judged, also
        one of which only the settings are left.
    type: list
    elements: path
    default: []
  docker:
    description:
      - Files inside of containers, running or stopped, and in Docker volumes. Globs are not
        expanded.
      - A volume is read where the engine keeps it, so the host of the engine must be this one.
    type: list
    elements: dict
    default: []
    suboptions:
      container:
        description: Name of the container. Give this or O(docker[].volume).
        type: str
      volume:
        description: Name of the volume.
        type: str
      path:
        description: The file, as an absolute path in the container, or from the top of the volume.
        type: str
        required: true
  docker_socket:
    description: Socket of the Docker Engine.
    type: path
    default: /var/run/docker.sock
  pkcs12_password:
    description: Password of the PKCS#12 files. By default they are opened with an empty one.
    type: str
  expected:
    description:
      - What must be among all certificates that are found, so that one that went away is seen.
      - A name or address that a certificate must be for, or a subject (RFC 4514, as
        RV(certificates) has it), which is what holds C(=).
      - Anything else fails with the code V(bad_expected), as does a name with letters of which IDNA
        2003 and 2008 make different names (sharp s, final sigma); give its A-label.
    type: list
    elements: str
    default: []
  expected_count:
    description: How many different certificates must be found at least.
    type: int
    default: 0
  ca_file:
    description: PEM file of the trust anchors. By default those of the host are used.
    type: path
  thresholds:
    description:
      - The days left from which on a certificate is V(warning) or V(critical), with C(op) V(lt)
        (below the limit) or V(le) (at the limit too). Fractions of a day count.
      - These are upper bounds, as O(fractions) puts lower ones on short lifetimes.
      - A limit that is left out is never reached.
    type: dict
    default: {op: lt, warning: 30, critical: 7}
  fractions:
    description:
      - The part of its lifetime from which on a certificate is V(warning) or V(critical), where
        this is less than the days of O(thresholds).
      - ACME clients renew with a third left. So by default a certificate of 90 days that was not
        renewed is a warning with 22.5 days left, one of 47 days with 11.75, and one of 6 days with
        1.5.
      - The last level begins a day before the end at least, but not before the last sixth of the
        lifetime, so that a daily run sees it.
      - A level that is left out is judged by days alone; with V({}) both are.
    type: dict
    default: {warning: 0.25, critical: 0.1}
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
    be told from V(untrusted_issuer) and is returned as the latter; a chain out of order is not
    seen.
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
      - /etc/nginx/ssl/*.pem

- name: See whether nginx serves what certbot renewed, and whether certbot renews at all
  runbook.ops.cert_expiry:
    endpoints:
      - host: liyaqa.example
        file: /etc/letsencrypt/live/liyaqa.example/cert.pem
        reload: nginx
    certbot:
      - /etc/letsencrypt
    expected:
      - liyaqa.example
      - api.liyaqa.example

- name: Judge what the database and the mail server serve, where TLS begins later
  runbook.ops.cert_expiry:
    endpoints:
      - host: db1.internal
        starttls: postgres
      - host: mail.example
        port: 587
        starttls: smtp

- name: Judge a certificate inside of a container, and a pair of the database
  runbook.ops.cert_expiry:
    docker:
      - container: liyaqa-nginx
        path: /etc/nginx/ssl/fullchain.pem
    pairs:
      - certificate: /etc/postgresql/server.crt
        key: /etc/postgresql/server.key
        owner: postgres

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
    fractions: {}
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
    - The value of C(tls.expiry) is the days that are left, that of C(tls.chain_expiry) the days
      until the first certificate above ends. Those of the others are the verdict in a word.
      C(tls.reachable) knows V(reachable), V(no_address), V(refused), V(timeout), V(silent) (no
      handshake in time), V(reset), V(closed) and V(unreachable); C(tls.protocol) knows V(not_tls),
      V(old_protocol) (a warning where this host can speak it, or else critical), V(unknown_name),
      V(handshake_refused), V(handshake_failed) and V(broken_certificate); C(tls.hostname) knows
      V(matching) and V(hostname_mismatch);
      C(tls.trust) knows V(trusted), V(self_signed), V(untrusted_issuer), V(incomplete_chain),
      V(chain_outdated) and V(chain_invalid); C(tls.file) knows V(no_match), V(missing),
      V(unreadable), V(not_a_file), V(too_large), V(empty), V(private_key), V(no_certificate),
      V(broken), V(wrong_password), V(unsupported) (PKCS#12 with an unknown key or cipher),
      V(no_container), V(no_volume) and V(no_engine).
    - C(tls.reachable) also knows V(unroutable), and C(tls.protocol) V(starttls_refused) and
      V(wrong_protocol) (the server does not speak the protocol of O(endpoints[].starttls)).
      C(tls.addresses) is there where a host has more than one address, and knows V(same),
      V(partly_unroutable) (this host has no route to one, as without IPv6), V(partly_unreachable)
      and V(differing). Where addresses differ, each certificate that is served has checks of its
      own, whose subject ends with the address. C(tls.stapling) knows V(good), V(not_stapled),
      V(expired), V(unknown), V(invalid), V(revoked), V(short_lived), V(no_responder) and
      V(not_asked).
    - C(tls.strength) knows V(strong), V(weak_key) and V(weak_signature); C(tls.lifetime) knows
      V(within_limit) and V(too_long), and is left out where the CA/Browser Forum sets no limit;
      C(tls.chain_order) knows V(ordered), V(out_of_order) and V(leaf_not_first); C(tls.served)
      knows V(fresh), V(stale), V(different) (the file is no newer) and V(disk_unreadable);
      C(tls.key) knows V(matching), V(key_mismatch), V(encrypted), V(no_key) and the words of
      C(tls.file) for files; C(tls.key_access) knows V(private), V(world_accessible),
      V(group_accessible) and V(wrong_owner); C(tls.lineage) knows V(complete), V(dangling_link),
      V(incomplete), V(held) (C(autorenew = False), a warning) and V(no_renewal); C(tls.renewal)
      knows V(not_due), V(due) and V(renewal_overdue); C(tls.expected) knows V(seen), V(gone),
      V(enough) and V(fewer).
  returned: success
  type: list
  elements: dict
  sample:
    - id: tls.expiry
      subject: liyaqa.example:443
      status: warning
      value: 12.345
      unit: days
      warning: 22.5
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
    - C(signature_hash) is null where the kind of signature has none of its own, C(lifetime_days)
      the whole validity.
    - C(verdicts) are V(expiring), V(expired), V(not_yet_valid), V(ends_first) (one above it) and
      the words of the other checks that are findings, or V(valid) alone. C(server_name) is null for
      a file.
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
      lifetime_days: 90.0
      sha256: 6f4c2be1d0a95387...
      key_type: ec
      key_bits: 256
      signature_hash: sha256
      self_signed: false
      verdicts: [expiring]
"""

from typing import TYPE_CHECKING, Any

from ..module_utils.adapters.certificates import files
from ..module_utils.adapters.certificates.containers import read_docker
from ..module_utils.adapters.certificates.lineages import read_lineages
from ..module_utils.adapters.tls.visits import read_served
from ..module_utils.core.certificates.copies import add_lineages
from ..module_utils.core.certificates.expiry import read_limits
from ..module_utils.core.certificates.judgement import read_endpoints
from ..module_utils.core.certificates.survey import judge_observations, read_expected
from ..module_utils.core.certificates.verdicts import Rules
from ..module_utils.core.outcome import Outcome
from ..module_utils.entry.observing import Look, run_observer
from ..module_utils.options.certificates import certificate_source_options
from ..module_utils.options.checks import check_options, threshold_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..module_utils.core.certificates.judgement import Observation

ARGUMENT_SPEC: dict[str, Any] = {
    **check_options(),
    **certificate_source_options(),
    "expected": {"type": "list", "elements": "str", "default": []},
    "expected_count": {"type": "int", "default": 0},
    "ca_file": {"type": "path"},
    "thresholds": threshold_option(op="lt", warning=30, critical=7),
    "fractions": threshold_option(warning=0.25, critical=0.1),
    "timeout": {"type": "float", "default": 5},
    "max_workers": {"type": "int", "default": 32},
}


def run(look: Look) -> Outcome:
    """Read every certificate and judge it."""
    given = look.params
    limits = read_limits(given["thresholds"], given["fractions"])
    expected = read_expected(given["expected"], given["expected_count"])
    served = read_served(
        read_endpoints(given["endpoints"]),
        given["ca_file"],
        seconds=given["timeout"],
        at_once=given["max_workers"],
    )
    kept = _read_kept(given)
    served = add_lineages(files.add_copies(served, given["pkcs12_password"] or ""), kept)
    rules = Rules(limits, public=given["ca_file"] is None)
    survey = judge_observations((*served, *kept), rules, look.now, expected)
    facts = {"certificates": list(survey.certificates)}
    return Outcome(summary=survey.summary, checks=survey.checks, facts=facts)


def _read_kept(given: Mapping[str, Any]) -> tuple[Observation, ...]:
    """What files hold, wherever they are."""
    password, socket = given["pkcs12_password"] or "", given["docker_socket"]
    return (
        *files.read_certificate_files(given["files"], password),
        *files.read_pairs(given["pairs"], password),
        *read_lineages(given["certbot"]),
        *read_docker(given["docker"], password, seconds=given["timeout"], socket_path=socket),
    )


def main() -> None:
    """Start the module."""
    run_observer(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
