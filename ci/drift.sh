#!/usr/bin/env bash
# Says whether live differs from the plan, in `drift.md` in DIRECTORY.
#
#   drift.sh DIRECTORY
#
# Exits 0 if it does not, 3 if it does or something exposes the platform, and 1 if that could not be found out.
#
#   PLAN          the plan; `plan.msgpack` unless it is set
#   STATUS_FLAGS  more flags of `saas status`, such as `--database-hostaddr HOST:PORT`
set -euo pipefail

directory=${1:?"drift.sh DIRECTORY"}
plan=${PLAN:-plan.msgpack}
read -r -a flags <<<"${STATUS_FLAGS:-}"
mkdir -p "$directory"
code=0
saas status "$plan" --deep ${flags[@]+"${flags[@]}"} --format markdown >"$directory/status.md" || code=$?
# `saas status` prints nothing if it fails before it has compared everything.
if [ ! -s "$directory/status.md" ]; then
    printf 'drift.sh: `saas status` ended with %s and found nothing out\n' "$code" >&2
    exit 1
fi
{
    # With this marker, the issue of this plan is found again.
    printf '<!-- saas drift of %s -->\n' "$(git rev-parse --show-prefix)$plan"
    cat "$directory/status.md"
} >"$directory/drift.md"
[ "$code" -eq 0 ] || exit 3
