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

# shellcheck source=ci/forge.sh
. "$(dirname "$0")/forge.sh"
project=projects/${CI_PROJECT_ID:?}
open_issues="$project/issues?state=opened&labels=$label&"

# api METHOD PATH [JSON_FILE]
api() {
    # The token is in no command line, where others could read it.
    request "$1" "${CI_API_V4_URL:?}/$2" "${3:-}" \
        --header @<(printf 'private-token: %s\n' "${SAAS_GITLAB_TOKEN:?}")
}

# find_own PATH FIELD MARKER: the id of the oldest text of the token's user whose FIELD begins with the marker.
find_own() {
    local author
    author=$(api GET user | jq --raw-output .username)
    first_of "$1sort=asc&" --arg author "$author" --arg field "$2" --arg marker "$3" '
        map(select(.author.username == $author and (.[$field] // "" | startswith($marker))))
        | first // empty | .iid // .id'
}

# save ID PATH: writes `body.json` to the text with this id, or to a new one if the id is empty.
save() {
    if [ -n "$1" ]; then
        api PUT "$2/$1" "$scratch/body.json"
    else
        api POST "$2" "$scratch/body.json"
    fi
}

comment() {
    local notes=$project/merge_requests/$1/notes id
    jq --null-input --rawfile body "$2" '{body: $body}' >"$scratch/body.json"
    id=$(find_own "$notes?" body "$(head -n 1 "$2")")
    # A note has no address of its own.
    save "$id" "$notes" >"$scratch/answer.json"
}

open_issue() {
    local number
    jq --null-input --arg title "$1" --rawfile body "$2" --arg name "$label" \
        '{title: $title, description: $body, labels: $name}' >"$scratch/body.json"
    number=$(find_own "$open_issues" description "$(head -n 1 "$2")")
    save "$number" "$project/issues" | jq --raw-output .web_url
}

close_issue() {
    local number
    number=$(find_own "$open_issues" description "$1")
    [ -n "$number" ] || return 0
    printf '{"state_event": "close"}' >"$scratch/body.json"
    save "$number" "$project/issues" | jq --raw-output .web_url
}

forge "$@"
