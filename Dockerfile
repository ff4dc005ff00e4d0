# syntax=docker/dockerfile:1
FROM debian:bookworm-slim AS build
WORKDIR /src
# The packages first: they change less often than the sources, so the layer is kept.
COPY scripts/common.sh scripts/packages.txt scripts/
RUN bash -c 'set -euo pipefail; source scripts/common.sh; install_packages build'
COPY . .
RUN cmake --preset release -DARGOSY_TESTS=OFF -DARGOSY_BENCH=OFF \
    && cmake --build --preset release --target argosy

FROM debian:bookworm-slim
# The shared libraries that the binary is linked with (tests/deploy/image_test.py compares), and the certificate
# authorities for storages that are reached over TLS.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates \
        libcaf-core0.17 \
        libcaf-io0.17 \
        libcaf-openssl0.17 \
        libcrypt1 \
        libcurl4 \
        libfmt9 \
        libhttp-parser2.9 \
        libjemalloc2 \
        libprometheus-cpp-core1.0 \
        libre2-9 \
        libspdlog1.10 \
        libssh-4 \
        libssl3 \
        libstdc++6 \
        libutf8proc2 \
        libsodium23 \
        libxml2 \
        libxxhash0 \
        zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 argosy \
    && useradd --uid 10001 --gid argosy --home-dir /var/lib/argosy --create-home --shell /usr/sbin/nologin argosy \
    && install -d -o argosy -g argosy /data
COPY --from=build /src/build/argosy /usr/local/bin/argosy
COPY LICENSE /usr/share/doc/argosy/copyright
USER argosy
WORKDIR /data
EXPOSE 5572
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["argosy", "rc", "rc/noop", "--no-output"]
ENTRYPOINT ["argosy"]
# Without credentials only the harmless commands answer: add --rc-user and --rc-pass, or --rc-no-auth where nobody else can
# reach the port.
CMD ["rcd", "--rc-addr", ":5572", "--rc-enable-metrics", "--config", "/var/lib/argosy/rclone.conf"]
