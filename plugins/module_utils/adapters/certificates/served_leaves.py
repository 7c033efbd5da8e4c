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
import itertools
import socket
import ssl
from typing import TYPE_CHECKING

from ...core.host_names import address_of, ascii_name
from ...core.renewal.plan import Leaf, within_reach
from ...core.starttls.exchange import StartTlsError
from ..deadline import Deadline, ask_all
from ..network.connecting import UNROUTABLE
from ..tls.starttls import ask_for_tls

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

    ``seconds`` hold for the search for the addresses of one, and for each address. One that this
    host has no way to is left out where another of its endpoint answered.
    """
    wanted = tuple(endpoints)
    searches = [functools.partial(_addresses, endpoint, resolve) for endpoint in wanted]
    groups = ask_all(searches, seconds=seconds)
    targets = [target for group in groups for target in group or ()]
    visits = [functools.partial(_read_leaf, target, seconds) for target in targets]
    answers = zip(targets, ask_all(visits, seconds=seconds))
    leaves = (
        answer or Leaf(target, cause="it did not answer in time") for target, answer in answers
    )
    return (
        *(
            leaf
            for group in groups
            for leaf in within_reach(itertools.islice(leaves, len(group or ())))
        ),
        *(
            Leaf(endpoint, cause="its name could not be resolved in time")
            for endpoint, group in zip(wanted, groups)
            if group is None
        ),
    )


def _addresses(endpoint: Endpoint, resolve: Resolve) -> tuple[Endpoint, ...]:
    """The endpoint once for each of its addresses; as it is where there is none."""
    name = endpoint.host if address_of(endpoint.host) else ascii_name(endpoint.host)
    try:
        # A host without IPv6 need not be told of addresses that it cannot go to. One that has a
        # link-local address is told of them all the same.
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
    deadline = Deadline(seconds)
    try:
        with socket.create_connection((endpoint.host, endpoint.port), seconds) as plain:
            if endpoint.starttls:
                ask_for_tls(plain, endpoint.starttls, deadline)
            with context.wrap_socket(plain, server_hostname=sent) as secured:
                der = secured.getpeercert(binary_form=True) or b""
    except StartTlsError as error:
        return Leaf(endpoint, cause=error.cause)
    except OSError as error:
        cause = error.strerror or str(error)
        return Leaf(endpoint, cause=cause, unroutable=error.errno in UNROUTABLE)
    return Leaf(endpoint, hashlib.sha256(der).hexdigest())
