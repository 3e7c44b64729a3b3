#!/usr/bin/env bash
# Installs `saas` from a release, and checks what was downloaded against the release's checksums.
#
#   install.sh VERSION DIRECTORY
#
#   SAAS_RELEASES_URL  where releases are; GitHub's of this repository unless it is set
set -euo pipefail

version=${1:?"install.sh VERSION DIRECTORY"} directory=${2:?"install.sh VERSION DIRECTORY"}
releases=${SAAS_RELEASES_URL:-https://github.com/saas-rs/saas/releases/download}
case $(uname -s)-$(uname -m) in
Linux-x86_64) target=x86_64-unknown-linux-musl ;;
Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
Darwin-x86_64) target=x86_64-apple-darwin ;;
Darwin-arm64) target=aarch64-apple-darwin ;;
*)
    printf 'install.sh: there is no release for %s: build saas with cargo\n' "$(uname -sm)" >&2
    exit 1
    ;;
esac

archive=saas-$version-$target.tar.gz
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for file in "$archive" SHA256SUMS; do
    curl --silent --show-error --fail --location --retry 4 --max-time 300 --output "$scratch/$file" \
        "$releases/v$version/$file"
done
expected=$(awk -v file="$archive" '$2 == file { print $1 }' "$scratch/SHA256SUMS")
if command -v sha256sum >/dev/null; then
    actual=$(sha256sum "$scratch/$archive")
else
    actual=$(shasum -a 256 "$scratch/$archive")
fi
if [ -z "$expected" ] || [ "${actual%% *}" != "$expected" ]; then
    printf 'install.sh: %s is not the file that SHA256SUMS of release %s names\n' "$archive" "$version" >&2
    exit 1
fi
mkdir -p "$directory"
tar -xzf "$scratch/$archive" -C "$directory" saas
