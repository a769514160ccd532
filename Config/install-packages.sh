#!/bin/sh
# Installs the named Debian packages that are missing; says which; does nothing when all are there.
# usage: sh Config/install-packages.sh PACKAGE...
set -eu
missing=""
for package in "$@"; do
    # `ii`: installed and configured. A removed package still answers with `rc`.
    case "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)" in
        ii*) ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "These packages are needed and this system has no apt-get to install them:$missing" >&2
    exit 2
fi
root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "These packages are needed; run this as root:  apt-get install$missing" >&2
        exit 2
    fi
    root="sudo"
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086  # one word a package
if ! { $root apt-get update && $root apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    rm -f "$log"
    echo "The installation failed (above: the end of apt-get's output). Mend it, then run this again." >&2
    exit 1
fi
rm -f "$log"
