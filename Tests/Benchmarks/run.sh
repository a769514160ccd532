#!/bin/sh
# Measures, side by side in one run on this machine: mails/s, clicks/s, ledger entries/s, each beside its yardstick.
# usage: sh Tests/Benchmarks/run.sh [mails] [crowd] [compose] [clicks] [ledger]      (all five when none is named)
set -eu
cd "$(dirname "$0")/../.."
sh Config/install-packages.sh libcurl4-openssl-dev libssl-dev libsqlite3-dev pkg-config ca-certificates postfix wrk python3
echo "Building the program and the yardsticks (release)…" >&2
swift build -c release --product appariteur >&2
swift build -c release --package-path Tests/Benchmarks >&2
program=$(swift build -c release --show-bin-path)/appariteur
yardsticks=$(swift build -c release --package-path Tests/Benchmarks --show-bin-path)
exec python3 Tests/Benchmarks/run.py --program "$program" --yardsticks "$yardsticks" "$@"
