# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the commands of the lab share: places, the lock, and the way to run a playbook.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly ROOT
readonly STATE=$ROOT/.lab # keys and build contexts of this checkout; git-ignored
readonly BASE_IMAGE=runbook-lab/base:bookworm
export ROOT STATE BASE_IMAGE # used by the scripts that read this file
PATH=$ROOT/.venv/bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin

# shellcheck source=tests/lib.sh
. "$ROOT/tests/lib.sh"

# Two commands of the lab never run at once, also from different checkouts: the command starts
# itself again under a lock. --close keeps the lock from the background processes it starts.
take_turns() {
    local lock=/tmp/runbook-lab-$UID.lock
    [ "${LAB_LOCKED:-}" = 1 ] && return
    flock --nonblock "$lock" true || say "Waiting for another command of the lab to end"
    LAB_LOCKED=1 exec flock --close "$lock" "$0" "$@"
}

# use_engine start|find: everything after it talks to the lab's engine.
use_engine() {
    DOCKER_HOST=$("$ROOT/tests/lab/engine" "$1") || return
    export DOCKER_HOST
}

# play NAME [OPTION...]: runs tests/lab/NAME.yml against the lab's inventory.
play() {
    local name=$1
    shift
    cd "$ROOT"
    ANSIBLE_STDOUT_CALLBACK=community.general.unixy \
        ANSIBLE_DISPLAY_OK_HOSTS=false ANSIBLE_DISPLAY_SKIPPED_HOSTS=false \
        ansible-playbook --inventory inventories/lab "tests/lab/$name.yml" "$@" >&2
}
