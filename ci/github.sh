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

author=${SAAS_AUTHOR:-github-actions[bot]}
label=${SAAS_LABEL:-saas-drift}
repository=repos/${GITHUB_REPOSITORY:?}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# api METHOD PATH [JSON_FILE]
api() {
    local arguments=(--silent --show-error --fail-with-body --max-time 60 --request "$1")
    # A POST that is sent twice can take effect twice.
    [ "$1" = POST ] || arguments+=(--retry 4)
    [ $# -lt 3 ] || arguments+=(--data-binary "@$3" --header 'content-type: application/json')
    # The token is in no command line, where others could read it.
    curl "${arguments[@]}" --header 'accept: application/vnd.github+json' \
        --header 'x-github-api-version: 2022-11-28' \
        --header @<(printf 'authorization: Bearer %s\n' "${GITHUB_TOKEN:?}") \
        "${GITHUB_API_URL:-https://api.github.com}/$2"
}

# find PATH MARKER: the number or id of the oldest text of the author that begins with the marker.
find_own() {
    local page=1 count id
    while :; do
        api GET "$1per_page=100&page=$page" >"$scratch/page.json"
        id=$(jq --raw-output --arg author "$author" --arg marker "$2" '
            map(select(.user.login == $author and (.body // "" | startswith($marker)) and (has("pull_request") | not)))
            | first // empty | .number // .id' "$scratch/page.json")
        count=$(jq length "$scratch/page.json")
        if [ -n "$id" ] || [ "$count" -lt 100 ]; then
            printf '%s' "$id"
            return
        fi
        page=$((page + 1))
    done
}

comment() {
    local marker id
    marker=$(head -n 1 "$2")
    jq --null-input --rawfile body "$2" '{body: $body}' >"$scratch/body.json"
    id=$(find_own "$repository/issues/$1/comments?" "$marker")
    if [ -n "$id" ]; then
        api PATCH "$repository/issues/comments/$id" "$scratch/body.json" | jq --raw-output .html_url
    else
        api POST "$repository/issues/$1/comments" "$scratch/body.json" | jq --raw-output .html_url
    fi
}

open_issue() {
    local marker number
    marker=$(head -n 1 "$2")
    jq --null-input --arg title "$1" --rawfile body "$2" --arg name "$label" \
        '{title: $title, body: $body, labels: [$name]}' >"$scratch/body.json"
    number=$(find_own "$repository/issues?state=open&labels=$label&direction=asc&" "$marker")
    if [ -n "$number" ]; then
        api PATCH "$repository/issues/$number" "$scratch/body.json" | jq --raw-output .html_url
    else
        api POST "$repository/issues" "$scratch/body.json" | jq --raw-output .html_url
    fi
}

close_issue() {
    local number
    number=$(find_own "$repository/issues?state=open&labels=$label&direction=asc&" "$1")
    [ -n "$number" ] || return 0
    printf '{"state": "closed", "state_reason": "completed"}' >"$scratch/body.json"
    api PATCH "$repository/issues/$number" "$scratch/body.json" | jq --raw-output .html_url
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
