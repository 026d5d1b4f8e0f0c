#!/bin/sh
# What the official image's entry point does with arguments.
exec versitygw "$@"
