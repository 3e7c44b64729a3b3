#!/usr/bin/env bash
# Merges the base branch into the branch that is checked out, with the merge drivers of saas, and makes the plan again.
#
#   merge.sh BASE
#
# The forges run no merge drivers, so two branches that each add a tenant conflict there. Exits 0 with a merge commit, or
# without one if BASE is merged already; exits 1, with everything as it was, if people must decide something.
#
#   SPEC  the spec; `saas.toml` unless it is set
#   PLAN  the plan; `plan.msgpack` unless it is set
set -euo pipefail

base=${1:?"merge.sh BASE"}
spec=${SPEC:-saas.toml} plan=${PLAN:-plan.msgpack}
lock=${spec%.toml}.lock
if git merge-base --is-ancestor "$base" HEAD; then
    exit 0
fi
fail() {
    printf 'merge.sh: %s\n' "$1" >&2
    git merge --abort
    exit 1
}

# In this clone only, and also if `.gitattributes` does not name the drivers.
git config merge.saas-spec.driver 'saas merge-driver spec %O %A %B --path %P --marker-size %L'
git config merge.saas-lock.driver 'saas merge-driver lock %O %A %B --path %P --marker-size %L'
prefix=$(git rev-parse --show-prefix)
attributes=$(git rev-parse --git-path info/attributes)
mkdir -p "$(dirname "$attributes")"
for line in "/$prefix$spec merge=saas-spec" "/$prefix$lock merge=saas-lock"; do
    grep -qsxF -- "$line" "$attributes" || printf '%s\n' "$line" >>"$attributes"
done

git merge --no-ff --no-commit "$base" || true
# Git does not begin, for example, if files that are not committed would be overwritten.
if ! git rev-parse --quiet --verify MERGE_HEAD >/dev/null; then
    printf 'merge.sh: git cannot merge %s here\n' "$base" >&2
    exit 1
fi
# The plan of the base is the one that may be live: its tenants keep their slots.
if git cat-file -e "$base:./$plan" 2>/dev/null; then
    git checkout --quiet "$base" -- "$plan"
fi
conflicts=$(git diff --name-only --diff-filter=U --relative)
[ -z "$conflicts" ] || fail "conflicts in: ${conflicts//$'\n'/, }"
saas plan --spec "$spec" --out "$plan" || fail "\`saas plan\` refuses the merge"
git add -- "$spec" "$lock" "$plan"
git commit --quiet --no-edit
