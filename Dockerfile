# The image of a release: `saas` with what the scripts of `ci` need. The release's workflow puts the static binary into
# `dist`; to build it here: `cargo build --release -p saas-cli`, then copy `target/release/saas` there.
FROM debian:bookworm-slim

# Security updates of Debian are wanted, so no versions are pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl git jq \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 65532 --create-home --shell /usr/sbin/nologin saas

COPY --chmod=755 dist/saas /usr/local/bin/saas
COPY --chmod=755 ci/*.sh /usr/local/share/saas/ci/

USER 65532:65532
WORKDIR /work
CMD ["saas", "--help"]
