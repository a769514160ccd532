#!/bin/sh
# The program as IT installs it: the release build, which compiles a module as a whole and so meets faults that the debug build
# doesn't; the whole way with it, and an audit.
set -eu
cd "$(dirname "$0")/.."
data=$(mktemp -d)
log=$(mktemp)
trap 'rm -rf "$data" "$log"' EXIT
echo "Building the release program…"
if ! swift build -c release --product appariteur >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    exit 1
fi
program=$(swift build -c release --product appariteur --show-bin-path)/appariteur
"$program" demo --once --data "$data/demo"
"$program" ledger audit --data "$data/demo"
echo "release: builds, whole way held, ledger audited"
