#!/usr/bin/env bash
# What writes to a forge alike, for `github.sh` and `gitlab.sh`, which source it and define `api`, `comment`, `open_issue`
# and `close_issue`.
#
#   SAAS_LABEL  the label of the issue; `saas-drift` unless it is set
set -euo pipefail

# shellcheck disable=SC2034 # for those that source this
label=${SAAS_LABEL:-saas-drift}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# request METHOD URL JSON_FILE CURL_ARGUMENT...: sends JSON_FILE, if it is not empty.
request() {
    local method=$1 url=$2 file=$3
    local arguments=(--silent --show-error --fail-with-body --max-time 60 --request "$method")
    # A POST that is sent twice can take effect twice.
    [ "$method" = POST ] || arguments+=(--retry 4)
    [ -z "$file" ] || arguments+=(--data-binary "@$file" --header 'content-type: application/json')
    curl "${arguments[@]}" "${@:4}" "$url"
}

# first_of PATH JQ_ARGUMENT...: what the filter of jq finds in the first page that has it, or nothing.
first_of() {
    local page=1 count id
    while :; do
        api GET "$1per_page=100&page=$page" >"$scratch/page.json"
        id=$(jq --raw-output "${@:2}" "$scratch/page.json")
        count=$(jq length "$scratch/page.json")
        if [ -n "$id" ] || [ "$count" -lt 100 ]; then
            printf '%s' "$id"
            return
        fi
        page=$((page + 1))
    done
}

# forge VERB ARGUMENT...: does what the command line says.
forge() {
    case ${1:-} in
    comment) comment "${2:?NUMBER}" "${3:?FILE}" ;;
    open) open_issue "${2:?TITLE}" "${3:?FILE}" ;;
    close) close_issue "${2:?MARKER}" ;;
    *)
        sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0" >&2
        exit 2
        ;;
    esac
}
