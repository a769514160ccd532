#!/bin/sh
# The program as IT installs it: the release build, which compiles a module as a whole and so meets faults that the debug build
# doesn't; the whole way with it, and an audit. Apart from Tests/run.sh, which must end within an hour on a small machine.
set -eu
cd "$(dirname "$0")/.."
sh Config/install-packages.sh libcurl4-openssl-dev libssl-dev libsqlite3-dev pkg-config ca-certificates openssl
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
