# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fingerprint that each address of an endpoint serves: what proves that a reload took hold.

Trust and names are not asked here; ``cert_expiry`` judges them.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import socket
import ssl
from typing import TYPE_CHECKING

from ...core.host_names import address_of, ascii_name
from ...core.renewal.plan import Leaf
from ..deadline import ask_all

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...core.certificates.judgement import Endpoint
    from ..network.connecting import Resolve

_ONE_MACHINE = {"127.0.0.1", "::1"}


def read_leaves(
    endpoints: Iterable[Endpoint],
    *,
    seconds: float = 5.0,
    resolve: Resolve = socket.getaddrinfo,
) -> tuple[Leaf, ...]:
    """What is served at every address of every endpoint, all asked at once.

    ``seconds`` hold for the search for the addresses of one, and for each address.
    """
    wanted = tuple(endpoints)
    searches = [functools.partial(_addresses, endpoint, resolve) for endpoint in wanted]
    groups = ask_all(searches, seconds=seconds)
    targets = [target for group in groups for target in group or ()]
    visits = [functools.partial(_read_leaf, target, seconds) for target in targets]
    answers = zip(targets, ask_all(visits, seconds=seconds))
    return (
        *(answer or Leaf(target, cause="it did not answer in time") for target, answer in answers),
        *(
            Leaf(endpoint, cause="its name could not be resolved in time")
            for endpoint, group in zip(wanted, groups)
            if group is None
        ),
    )


def _addresses(endpoint: Endpoint, resolve: Resolve) -> tuple[Endpoint, ...]:
    """The endpoint once for each address that this host has a way to; as it is where none is."""
    name = endpoint.host if address_of(endpoint.host) else ascii_name(endpoint.host)
    try:
        # Without AI_ADDRCONFIG, a host without IPv6 would look for its proof where it cannot go.
        found = resolve(name, endpoint.port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except socket.gaierror:
        return (endpoint,)
    addresses = dict.fromkeys(str(one[4][0]) for one in found)
    if set(addresses) <= _ONE_MACHINE:
        return (endpoint,)  # a server on this machine need not listen on both
    return tuple(dataclasses.replace(endpoint, host=address) for address in addresses)


def _read_leaf(endpoint: Endpoint, seconds: float) -> Leaf:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the very certificate is what is looked for
    name = endpoint.server_name
    sent = None if address_of(name) is not None else ascii_name(name)
    try:
        plain = socket.create_connection((endpoint.host, endpoint.port), seconds)
        with plain, context.wrap_socket(plain, server_hostname=sent) as secured:
            der = secured.getpeercert(binary_form=True) or b""
    except OSError as error:
        return Leaf(endpoint, cause=error.strerror or str(error))
    return Leaf(endpoint, hashlib.sha256(der).hexdigest())
