# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The commands break and mend: break SCENARIO [HOST] breaks a platform of the lab on purpose,
# break SCENARIO@HOST... several at the same time.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# scenario VERB SCENARIO [HOST], or scenario VERB SCENARIO@HOST...
scenario() {
    local verb=$1 pairs=() pair plan
    shift
    if [ $# -eq 2 ] && [[ $1 != *@* && $2 != *@* && ! -d $ROOT/tests/lab/scenarios/$2 ]]; then
        set -- "$1@$2"
    fi
    [ $# -gt 0 ] || set -- ""
    for pair in "$@"; do
        known_scenario "$verb" "${pair%%@*}"
        [[ $pair == *@* ]] || pair=$pair@ops_platforms
        pairs+=("\"$pair\"")
    done
    plan=$(IFS=, && echo "${pairs[*]}")
    say "Running $verb $* (about 10 s)"
    use_engine find
    play "$verb" --extra-vars "{\"lab_pairs\": [$plan]}" --limit "$(hosts_of "${pairs[@]}")"
}

# known_scenario VERB NAME: ends with what there is where there is no such scenario.
known_scenario() {
    local known
    [ -z "$2" ] || [ ! -d "$ROOT/tests/lab/scenarios/$2" ] || return 0
    known=$(cd "$ROOT/tests/lab/scenarios" && printf '%s, ' */)
    known=${known//\//}
    die "Cannot $1 the platform: the scenario '$2' is unknown. Use one of ${known%, }."
}

# hosts_of PAIR...: the hosts behind the @ of each, as Ansible's --limit has them.
hosts_of() {
    local pair hosts=()
    for pair in "$@"; do
        pair=${pair#*@}
        hosts+=("${pair%\"}")
    done
    (IFS=, && echo "${hosts[*]}")
}
