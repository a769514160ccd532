#!/bin/sh
# The README's first command, unattended; then an audit of what it left, by ourselves and by a tool of others.
set -eu
cd "$(dirname "$0")/.."
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
sh Config/demo.sh --once --data "$data/demo"
program=$(swift build --show-bin-path)/appariteur
"$program" ledger audit --data "$data/demo"
"${APPARITEUR_PYTHON:-python3}" Tests/judges/tlog_audit.py "$data/demo/ledger"
# An audit that finds nothing in a damaged ledger would be worth nothing.
printf 'x' | dd of="$(find "$data/demo/ledger/tile/entries" -type f | head -n 1)" bs=1 seek=10 conv=notrunc 2>/dev/null
if "$program" ledger audit --data "$data/demo" >/dev/null; then
    echo "the audit passed a damaged ledger" >&2
    exit 1
fi
echo "demonstration: whole way held, ledger audited, damage found"
