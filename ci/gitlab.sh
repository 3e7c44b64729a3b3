#!/usr/bin/env bash
# Writes to GitLab: one note on a merge request, one issue for drift.
#
#   gitlab.sh comment NUMBER FILE    creates or updates the note that begins with the first line of FILE
#   gitlab.sh open TITLE FILE        creates or updates the open issue that begins with the first line of FILE
#   gitlab.sh close MARKER           closes that issue, if it is open
#
#   SAAS_GITLAB_TOKEN  a project access token with the scope `api`; a job token cannot write notes
#   CI_API_V4_URL      GitLab sets it in jobs
#   CI_PROJECT_ID      GitLab sets it in jobs
#   SAAS_LABEL         the label of the issue
set -euo pipefail

label=${SAAS_LABEL:-saas-drift}
project=projects/${CI_PROJECT_ID:?}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# api METHOD PATH [JSON_FILE]
api() {
    local arguments=(--silent --show-error --fail-with-body --max-time 60 --request "$1")
    # A POST that is sent twice can take effect twice.
    [ "$1" = POST ] || arguments+=(--retry 4)
    [ $# -lt 3 ] || arguments+=(--data-binary "@$3" --header 'content-type: application/json')
    # The token is in no command line, where others could read it.
    curl "${arguments[@]}" --header @<(printf 'private-token: %s\n' "${SAAS_GITLAB_TOKEN:?}") "${CI_API_V4_URL:?}/$2"
}

# find_own PATH FIELD MARKER: the id of the oldest text of the token's user whose FIELD begins with the marker.
find_own() {
    local page=1 count id author
    author=$(api GET user | jq --raw-output .username)
    while :; do
        api GET "$1per_page=100&sort=asc&page=$page" >"$scratch/page.json"
        id=$(jq --raw-output --arg author "$author" --arg field "$2" --arg marker "$3" '
            map(select(.author.username == $author and (.[$field] // "" | startswith($marker))))
            | first // empty | .iid // .id' "$scratch/page.json")
        count=$(jq length "$scratch/page.json")
        if [ -n "$id" ] || [ "$count" -lt 100 ]; then
            printf '%s' "$id"
            return
        fi
        page=$((page + 1))
    done
}

comment() {
    local marker id notes=$project/merge_requests/$1/notes
    marker=$(head -n 1 "$2")
    jq --null-input --rawfile body "$2" '{body: $body}' >"$scratch/body.json"
    id=$(find_own "$notes?" body "$marker")
    if [ -n "$id" ]; then
        api PUT "$notes/$id" "$scratch/body.json" >"$scratch/answer.json"
    else
        api POST "$notes" "$scratch/body.json" >"$scratch/answer.json"
    fi
}

open_issue() {
    local marker number
    marker=$(head -n 1 "$2")
    jq --null-input --arg title "$1" --rawfile body "$2" --arg name "$label" \
        '{title: $title, description: $body, labels: $name}' >"$scratch/body.json"
    number=$(find_own "$project/issues?state=opened&labels=$label&" description "$marker")
    if [ -n "$number" ]; then
        api PUT "$project/issues/$number" "$scratch/body.json" | jq --raw-output .web_url
    else
        api POST "$project/issues" "$scratch/body.json" | jq --raw-output .web_url
    fi
}

close_issue() {
    local number
    number=$(find_own "$project/issues?state=opened&labels=$label&" description "$1")
    [ -n "$number" ] || return 0
    printf '{"state_event": "close"}' >"$scratch/body.json"
    api PUT "$project/issues/$number" "$scratch/body.json" | jq --raw-output .web_url
}

case ${1:-} in
comment) comment "${2:?NUMBER}" "${3:?FILE}" ;;
open) open_issue "${2:?TITLE}" "${3:?FILE}" ;;
close) close_issue "${2:?MARKER}" ;;
*)
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0" >&2
    exit 2
    ;;
esac
