# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the shell scripts of the tests share.

# Progress, for a person; on stderr, so that a script's answer stays alone on stdout.
say() {
    printf '==> %s\n' "$*" >&2
}

# Ends the script with one sentence: Cannot <verb> <object>: <cause>. <What to do>.
die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# need_packages PURPOSE PACKAGE...: installs Debian packages, or says which ones are needed.
need_packages() {
    local purpose=$1
    shift
    if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
        die "Cannot $purpose: $* is not installed, and only root on Debian or Ubuntu can" \
            "have it installed here. Install it, or run this command as root."
    fi
    say "Installing $* (about 30 s)"
    # An installation that was interrupted leaves dpkg half-way; it has to be finished first.
    if ! { dpkg --configure -a && apt_get update && apt_get install "$@"; } >/dev/null; then
        die "Cannot $purpose: apt-get could not install $*, see above." \
            "Repair apt-get and repeat the command."
    fi
}

# without_services COMMAND...: runs a command while no package may start its services, which the
# tests start themselves. A policy that the machine already has is left alone.
without_services() (
    policy=/usr/sbin/policy-rc.d
    if [ "$(id -u)" -eq 0 ] && [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    "$@"
)

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 --yes --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@"
}
