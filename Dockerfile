# The product alone, on the official Node image: no sources, no package manager's cache, nothing that runs at install time.
# The base is pinned by version; pin it by digest with --build-arg NODE=node:26-bookworm-slim@sha256:…
ARG NODE=node:26-bookworm-slim

FROM ${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY scripts/runtime/package.json scripts/runtime/
COPY scripts/absent/package.json scripts/absent/
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY . .
RUN node scripts/build.ts
# What is published, and of its one dependency what this system loads.
RUN mkdir -p /app/node_modules/better-sqlite3/prebuilds \
  && cp -r bin dist config.schema.json package.json /app/ \
  && cp -r node_modules/better-sqlite3/package.json node_modules/better-sqlite3/LICENSE node_modules/better-sqlite3/lib /app/node_modules/better-sqlite3/ \
  && cp node_modules/better-sqlite3/prebuilds/linux-*.node /app/node_modules/better-sqlite3/prebuilds/

FROM ${NODE}
LABEL org.opencontainers.image.title="polymount" \
  org.opencontainers.image.description="One file system for agents: an MCP server whose every change is journaled and can be undone" \
  org.opencontainers.image.licenses="Apache-2.0 OR MIT"
ENV NODE_ENV=production POLYMOUNT_DATA_DIR=/data NODE_COMPILE_CACHE=/tmp/compiled
RUN install -d -o 1000 -g 1000 -m 700 /data
COPY --from=build /app /app
# `node` of the base.
USER 1000:1000
WORKDIR /data
VOLUME /data
EXPOSE 4280
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4280/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/polymount.cjs"]
# An address that other containers reach, so it wants a token (POLYMOUNT_HTTP_TOKEN). `serve` instead speaks MCP over stdio.
CMD ["--http", "0.0.0.0:4280"]
