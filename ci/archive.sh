#!/usr/bin/env bash
# Makes the archive of a release: the binary, completions, manual pages and licences.
#
#   archive.sh VERSION TARGET BINARY DIRECTORY
set -euo pipefail

version=${1:?VERSION} target=${2:?TARGET} binary=${3:?BINARY} directory=${4:?DIRECTORY}
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

install -m 755 "$binary" "$scratch/saas"
mkdir "$scratch/completions"
for shell in bash elvish fish powershell zsh; do
    "$scratch/saas" completions "$shell" >"$scratch/completions/saas.$shell"
done
"$scratch/saas" man "$scratch/man"
cp "$root"/{README.md,CHANGELOG.md,LICENSE-APACHE,LICENSE-MIT} "$scratch"
mkdir -p "$directory"
tar -czf "$directory/saas-$version-$target.tar.gz" -C "$scratch" \
    saas completions man README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT
