# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The commands break and mend: break SCENARIO [HOST] breaks a platform of the lab on purpose.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# scenario VERB [SCENARIO [HOST]]
scenario() {
    local verb=$1 name=${2:-} known
    known=$(cd "$ROOT/tests/lab/scenarios" && printf '%s, ' *)
    if [ -z "$name" ] || [ ! -d "$ROOT/tests/lab/scenarios/$name" ]; then
        die "Cannot $verb the platform: the scenario '$name' is unknown. Use one of ${known%, }."
    fi
    say "Running $verb $name (about 5 s)"
    play "$verb" --extra-vars "lab_scenario=$name" --limit "${3:-ops_platforms}"
}
