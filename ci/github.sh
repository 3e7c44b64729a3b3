#!/usr/bin/env bash
# Writes to GitHub: one comment on a pull request, one issue for drift.
#
#   github.sh comment NUMBER FILE    creates or updates the comment that begins with the first line of FILE
#   github.sh open TITLE FILE        creates or updates the open issue that begins with the first line of FILE
#   github.sh close MARKER           closes that issue, if it is open
#
#   GITHUB_TOKEN       may write pull requests (comment) or issues (open, close)
#   GITHUB_REPOSITORY  owner/name
#   GITHUB_API_URL     https://api.github.com unless it is set
#   SAAS_AUTHOR        the login that the token writes as; texts of others are never changed
#   SAAS_LABEL         the label of the issue
set -euo pipefail

# shellcheck source=ci/forge.sh
. "$(dirname "$0")/forge.sh"
author=${SAAS_AUTHOR:-github-actions[bot]}
repository=repos/${GITHUB_REPOSITORY:?}
open_issues="$repository/issues?state=open&labels=$label&direction=asc&"

# api METHOD PATH [JSON_FILE]
api() {
    # The token is in no command line, where others could read it.
    request "$1" "${GITHUB_API_URL:-https://api.github.com}/$2" "${3:-}" \
        --header 'accept: application/vnd.github+json' --header 'x-github-api-version: 2022-11-28' \
        --header @<(printf 'authorization: Bearer %s\n' "${GITHUB_TOKEN:?}")
}

# find_own PATH MARKER: the number or id of the oldest text of the author that begins with the marker.
find_own() {
    first_of "$1" --arg author "$author" --arg marker "$2" '
        map(select(.user.login == $author and (.body // "" | startswith($marker)) and (has("pull_request") | not)))
        | first // empty | .number // .id'
}

# save ID OF_EXISTING OF_NEW: writes `body.json` to the text with this id, or to a new one if the id is empty.
save() {
    if [ -n "$1" ]; then
        api PATCH "$2/$1" "$scratch/body.json"
    else
        api POST "$3" "$scratch/body.json"
    fi | jq --raw-output .html_url
}

comment() {
    local comments=$repository/issues/$1/comments id
    jq --null-input --rawfile body "$2" '{body: $body}' >"$scratch/body.json"
    id=$(find_own "$comments?" "$(head -n 1 "$2")")
    save "$id" "$repository/issues/comments" "$comments"
}

open_issue() {
    local number
    jq --null-input --arg title "$1" --rawfile body "$2" --arg name "$label" \
        '{title: $title, body: $body, labels: [$name]}' >"$scratch/body.json"
    number=$(find_own "$open_issues" "$(head -n 1 "$2")")
    save "$number" "$repository/issues" "$repository/issues"
}

close_issue() {
    local number
    number=$(find_own "$open_issues" "$1")
    [ -n "$number" ] || return 0
    printf '{"state": "closed", "state_reason": "completed"}' >"$scratch/body.json"
    save "$number" "$repository/issues" ''
}

forge "$@"
