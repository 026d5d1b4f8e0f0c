#!/usr/bin/env bash
# Lends a private Docker engine, with compose and buildx, to the program that starts this one: on Debian 12, as root, from
# Debian's packages alone. It prints one line of JSON when the engine answers, and ends it when its standard input ends.
#
# The engine has processes, mounts and a network of its own, so that nothing of it outlives this script and nothing of the
# machine is changed: packages are unpacked in the cache (2.5 GB with all images), never installed. A port that a container publishes is
# published in the engine's network alone.
set -eEuo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/polymount/containers
tools=$cache/tools
suite=bookworm

refuse() { echo "no container engine: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || refuse "needs root"
grep -qx "VERSION_CODENAME=$suite" /etc/os-release || refuse "needs Debian 12"

mkdir -p "$cache"
# One engine at a time uses the cache. Only this shell holds the lock, so that it is free when this script is gone.
exec 9>"$cache/lock"
flock --wait 300 9 || refuse "another one has been running for five minutes"

# Of apt with lists and archives of its own. The engine comes from trixie: the one of bookworm has no BuildKit that compose takes.
fetch_packages() {
  local site apt=$cache/apt
  site=$(apt-get indextargets --format '$(SITE)' | grep -m 1 '/debian$')
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  printf "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site %s main\n" $suite trixie >"$apt/sources.list"
  local options=(-q -y -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$apt/lists"
    -o "Dir::Cache::Archives=$apt/archives" -o APT::Default-Release=$suite -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  apt-get "${options[@]}" install --no-install-recommends --download-only --reinstall iptables runc tini slirp4netns debootstrap
  (cd "$apt/archives" && apt-get "${options[@]}" download {docker.io,docker-cli,docker-compose,docker-buildx,containerd}/trixie)
}

unpack_tools() {
  local fresh=$cache/tools.fresh
  rm -rf "$fresh"
  mkdir -p "$fresh/docker/cli-plugins"
  for package in "$cache"/apt/archives/*.deb; do dpkg -x "$package" "$fresh"; done
  for name in iptables ip6tables iptables-save ip6tables-save iptables-restore ip6tables-restore; do ln -sf xtables-nft-multi "$fresh/usr/sbin/$name"; done
  ln -sf tini-static "$fresh/usr/bin/docker-init"
  ln -s ../../usr/libexec/docker/cli-plugins/docker-{compose,buildx} "$fresh/docker/cli-plugins/"
  mv "$fresh" "$tools"
  rm -rf "$cache/apt"
}

make_base() {
  local root=$cache/root site
  site=$(apt-get indextargets --format '$(SITE)' | grep -m 1 '/debian$')
  rm -rf "$root"
  DEBOOTSTRAP_DIR=$tools/usr/share/debootstrap "$tools/usr/sbin/debootstrap" --variant=minbase --include=busybox,libatomic1 $suite "$root" "$site"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  tar -C "$root" --numeric-owner --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -cf "$cache/base.tar.fresh" .
  rm -rf --one-file-system "$root"
  mv "$cache/base.tar.fresh" "$cache/base.tar"
}

trap 'refuse "line $LINENO failed; see the logs in $cache"' ERR
[ -x "$tools/usr/sbin/dockerd" ] || { fetch_packages; unpack_tools; } >"$cache/packages.log" 2>&1
[ -e "$cache/base.tar" ] || make_base >"$cache/base.log" 2>&1

export PATH=$tools/usr/sbin:$tools/usr/bin:$PATH LD_LIBRARY_PATH=$tools/usr/lib/$(uname -m)-linux-gnu
export XTABLES_LIBDIR=$LD_LIBRARY_PATH/xtables DOCKER_HOST=unix://$cache/docker.sock DOCKER_CONFIG=$tools/docker
rm -rf "$cache"/{docker.sock,dockerd.pid,exec} # of an engine that was killed
# What is started here is killed with this shell, and with its first process the whole process namespace.
setpriv --pdeathsig KILL unshare --net --mount --pid --fork --kill-child --mount-proc sh -c "
  ip link set lo up
  exec dockerd --config-file /dev/null --data-root '$cache/data' --exec-root '$cache/exec' --pidfile '$cache/dockerd.pid' \
    -H '$DOCKER_HOST' --storage-driver overlay2" >"$cache/dockerd.log" 2>&1 </dev/null 9>&- &
engine=$!
inside() { pgrep -P $engine; }
for _ in $(seq 100); do inside >/dev/null && break; sleep .1; done
trap 'kill "$(inside)"; wait $engine' EXIT
setpriv --pdeathsig KILL slirp4netns --configure --mtu=65520 --disable-host-loopback "$(inside)" tap0 >"$cache/network.log" 2>&1 </dev/null 9>&- &
for _ in $(seq 300); do docker version >/dev/null 2>&1 && break; inside >/dev/null; sleep .1; done
docker version >/dev/null
# What a user that was killed has left, and what old sources were built to.
docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
for kind in network image; do docker $kind prune --force >/dev/null; done
docker volume prune --all --force >/dev/null
docker builder prune --force --keep-storage 3GB >/dev/null

printf '{"pid":%s,"env":{"PATH":"%s","DOCKER_HOST":"%s","DOCKER_CONFIG":"%s"}}\n' "$(inside)" "$PATH" "$DOCKER_HOST" "$DOCKER_CONFIG"
cat >/dev/null
