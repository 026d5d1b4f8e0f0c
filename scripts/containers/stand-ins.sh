#!/usr/bin/env bash
# Gives the engine of engine.sh an image under each official name that the repository uses, made of what this machine has: the
# Debian base, Node, and the servers of `npm run servers`. For that engine only: one that reaches a registry has the real ones.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/polymount

docker image inspect debian:bookworm-slim >/dev/null 2>&1 || docker import "$cache/containers/base.tar" debian:bookworm-slim >/dev/null

stand_in() { # TARGET IMAGE
  docker build --quiet --target "$1" --tag "$2" \
    --build-context "servers=$servers" --build-context "runtime=$(dirname "$(realpath node_modules/.bin/node)")" \
    --build-context "npm=$(dirname "$(realpath "$(command -v npm)")")/.." --build-context certificates=/etc/ssl/certs scripts/containers/stand-ins >/dev/null
}

# Under the names that the images have for them.
servers=$(mktemp -d)
trap 'rm -rf "$servers"' EXIT
for program in ipfs ipfs-cluster-service versitygw; do ln "$cache/servers/$program"-[0-9]* "$servers/$program"; done

stand_in node node:26-bookworm-slim
stand_in kubo ipfs/kubo:v0.43.1
stand_in cluster ipfs/ipfs-cluster:v1.1.6
stand_in versitygw versity/versitygw:v1.8.0
