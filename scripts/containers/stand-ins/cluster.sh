#!/bin/sh
# What the official image's entry point does when it is not root: a configuration on the first start. CLUSTER_* override it.
set -e
[ -e "$IPFS_CLUSTER_PATH/service.json" ] || ipfs-cluster-service init --consensus "$IPFS_CLUSTER_CONSENSUS"
exec ipfs-cluster-service "$@"
