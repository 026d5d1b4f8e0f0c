#!/bin/sh
# What the official image's entry point does when it is not root: a repository on the first start, open to other containers.
set -e
if [ ! -e "$IPFS_PATH/config" ]; then
  ipfs init ${IPFS_PROFILE:+--profile="$IPFS_PROFILE"}
  ipfs config Addresses.API /ip4/0.0.0.0/tcp/5001
  ipfs config Addresses.Gateway /ip4/0.0.0.0/tcp/8080
fi
exec ipfs "$@"
