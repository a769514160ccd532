#!/bin/sh
# The whole way of one sitting on this machine, nothing sent outside: installs what is missing, builds, runs
# `appariteur demo`. Arguments go to it:  sh Config/demo.sh --once   ·   --port 8090   ·   --data DIR
set -eu
start_folder=$(pwd)
cd "$(dirname "$0")/.."
sh Config/install-packages.sh libcurl4-openssl-dev libssl-dev libsqlite3-dev pkg-config ca-certificates
if ! command -v swift >/dev/null 2>&1; then
    echo "Swift 6.2 or later is needed and was not found: see https://www.swift.org/install/linux/" >&2
    exit 2
fi
echo "Building (the first time: a few minutes)…"
log=$(mktemp)
if ! swift build --product appariteur >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    rm -f "$log"
    exit 1
fi
rm -f "$log"
program=$(swift build --product appariteur --show-bin-path)/appariteur
cd "$start_folder"
exec "$program" demo "$@"
