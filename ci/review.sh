#!/usr/bin/env bash
# Makes the page of a change: `plan --check`, then `review` against the plan of the base branch.
#
#   review.sh DIRECTORY
#
# Writes `comment.md` and `review.html` into DIRECTORY. Exits 0 if the change may be merged, and otherwise with the exit
# code of the first command that says why not. The comment is complete in both cases.
#
#   SPEC          the spec; `saas.toml` unless it is set
#   PLAN          the plan; `plan.msgpack` unless it is set
#   BASE          the commit that the change goes to; empty for a first plan
#   COMMIT        the commit that is reviewed
#   PAGE_URL      where the artifact with the page will be; may be empty
#   REVIEW_FLAGS  more flags of `saas review`, such as `--no-rehearsal`
set -euo pipefail

directory=${1:?"review.sh DIRECTORY"}
spec=${SPEC:-saas.toml} plan=${PLAN:-plan.msgpack} base=${BASE:-} commit=${COMMIT:?}
read -r -a flags <<<"${REVIEW_FLAGS:-}"
mkdir -p "$directory"
comment=$directory/comment.md
worst=0

# Runs a command, keeps what it says on stderr, and remembers its exit code.
run() {
    local code=0
    "$@" 2>"$directory/messages" || code=$?
    cat "$directory/messages" >&2
    [ "$worst" -ne 0 ] || worst=$code
    return "$code"
}

# A message of a command, as a block of code. The message can neither end the block nor fill the comment.
quoted() {
    printf '\n~~~text\n'
    head -c 4000 "$1" | sed -e 's/^~~~/ ~~~/'
    printf '\n~~~\n'
}

{
    # With this marker, the comment of this plan is found again.
    printf '<!-- saas review of %s -->\n' "$(git rev-parse --show-prefix)$plan"

    check=0
    run saas plan --check --spec "$spec" --out "$plan" >"$directory/check.txt" || check=$?
    case $check in
    0) ;;
    3) printf '**`%s` is not the plan of `%s`:** run `saas plan`, and commit what it writes.\n\n' "$plan" "$spec" ;;
    *)
        printf '**`saas plan --check` refuses this change:**\n'
        quoted "$directory/messages"
        ;;
    esac

    from=()
    if [ -n "$base" ] && git cat-file -e "$base:./$plan" 2>/dev/null; then
        git cat-file blob "$base:./$plan" >"$directory/base.msgpack"
        from=(--from "$directory/base.msgpack")
    fi
    run saas review "$plan" ${from[@]+"${from[@]}"} ${flags[@]+"${flags[@]}"} --format markdown \
        >"$directory/review.md" || true
    cat "$directory/review.md"
    if [ ! -s "$directory/review.md" ]; then
        printf '**`saas review` failed:**\n'
        quoted "$directory/messages"
    else
        run saas review "$plan" ${from[@]+"${from[@]}"} ${flags[@]+"${flags[@]}"} --format html \
            >"$directory/review.html" || true
    fi

    printf '\n---\nCommit %s' "$commit"
    [ -z "$base" ] || printf ', compared with %s' "$(git rev-parse --short "$base")"
    [ -z "${PAGE_URL:-}" ] || printf ' · [the page with everything](%s)' "$PAGE_URL"
    printf '\n'
} >"$comment"
exit "$worst"
