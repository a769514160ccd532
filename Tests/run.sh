#!/bin/sh
# All the tests, on real parts. Installs what they need (Debian packages, Python judges in .build/judges), checks the
# format, builds, runs the unit, property, golden and end-to-end tests, then the demonstration and an audit of its ledger.
# usage: sh Tests/run.sh [arguments of swift test, such as --filter LedgerTests]
set -eu
cd "$(dirname "$0")/.."

sh Config/install-packages.sh \
    libcurl4-openssl-dev libssl-dev libsqlite3-dev pkg-config ca-certificates \
    postfix dovecot-imapd sasl2-bin libsasl2-modules openssl litecoind chromium fonts-dejavu-core qpdf poppler-utils unzip zip curl strace \
    python3 python3-venv procps spamassassin sqlite3 util-linux iproute2 dnsmasq-base golang-go golang-golang-x-mod-dev \
    postgrey libidn12 libdb5.3 libgnutls-dane0 libnsl2 libpcre2-8-0
if ! command -v swift >/dev/null 2>&1; then
    echo "Swift 6.2 or later is needed and was not found: see https://www.swift.org/install/linux/" >&2
    exit 2
fi

# A second relay. Debian's relays put each other away, so Exim is unpacked beside, not installed (above: the libraries it needs).
exim=.build/exim
if [ ! -x "$exim/usr/sbin/exim4" ]; then
    echo "Fetching Exim…"
    rm -rf "$exim"
    mkdir -p "$exim/package"
    (
        cd "$exim/package"
        apt-get -q download exim4-daemon-light >log 2>&1 \
            || { apt-get -q update && apt-get -q download exim4-daemon-light; } >log 2>&1 || { cat log >&2; exit 1; }
        dpkg-deb -x exim4-daemon-light_*.deb ..
    )
fi

# The judges. A stamp of the list tells whether they are the ones asked for.
judges=.build/judges
if ! cmp -s Tests/requirements.txt "$judges/requirements.txt" 2>/dev/null; then
    echo "Installing the judges (PyPI)…"
    rm -rf "$judges"
    mkdir -p .build
    python3 -m venv "$judges"
    # aics-tlog asks for a newer Python than it needs.
    "$judges/bin/pip" install --quiet --disable-pip-version-check --ignore-requires-python -r Tests/requirements.txt
    cp Tests/requirements.txt "$judges/requirements.txt"
fi
APPARITEUR_PYTHON="$(pwd)/$judges/bin/python"
export APPARITEUR_PYTHON

swift format lint --strict --configuration .swift-format --recursive Package.swift Sources Tests Templates/DefaultFiles.swift
swift build --build-tests
if [ "$#" -gt 0 ]; then
    exec swift test --skip-build "$@"
fi

# One target after the other: each has the machine to itself, so that a test's patience says something. All of them are run,
# also when one fails; what failed is said again at the end, where a long log is read first.
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=""
for target in Tests/*Tests; do
    name=$(basename "$target")
    echo "== $name"
    # The status is that of the tests, not that of tee.
    { swift test --skip-build --filter "^$name\\." 2>&1 || : >"$logs/$name.failed"; } | tee "$logs/$name"
    if [ -e "$logs/$name.failed" ]; then failed="$failed $name"; fi
done
sh Tests/demonstration.sh || failed="$failed demonstration"
if [ -n "$failed" ]; then
    for name in $failed; do
        if [ -e "$logs/$name" ]; then
            echo "== $name: what failed" >&2
            { grep -A 6 -E '^✘|recorded an issue|Fatal error|error:' "$logs/$name" || tail -n 40 "$logs/$name"; } | cut -c 1-2000 | head -n 200 >&2
        fi
    done
    echo "Failed:$failed" >&2
    exit 1
fi
echo "All held."
