"""Runs the benchmarks and prints one table. Each figure is beside its yardstick, measured in the same run.

The program is the release build, run as IT runs it: `serve` on a configuration, a roll and a sitting dropped in its folder.
Nothing leaves the loopback.
"""

import argparse
import contextlib
import datetime
import os
import pathlib
import quopri
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from relays import SlowRelay, free_port, postfix, process, python_smtplib, smtp_sink, smtp_source, wait_port

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n164\n%%EOF\n"
)


class Memory(threading.Thread):
    """The highest resident size of a process, sampled."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.stop = pid, 0, False
        self.start()

    def run(self):
        while not self.stop:
            with contextlib.suppress(OSError, IndexError):
                text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
                self.peak = max(self.peak, int(re.search(r"VmRSS:\s+(\d+)", text)[1]) // 1024)
            time.sleep(0.05)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Service:
    """One installation in a scratch folder."""

    def __init__(self, program, folder, smtp_port, connections, members):
        self.program, self.folder = program, pathlib.Path(folder)
        self.port, self.relay = free_port(), smtp_port
        subprocess.run([program, "init", str(self.folder)], check=True, stdout=subprocess.DEVNULL)
        config = self.folder / "appariteur.yml"
        config.write_text(
            f"""authority: {{ name: Agglomération d'essai, siren: "200012345", timeZone: Europe/Paris }}
clerk: {{ name: Secrétariat, address: clerk@agglo.example }}
bodies: {{ conseil: {{ name: Conseil communautaire, clearDays: 5 }} }}
publicURL: http://127.0.0.1:{self.port}
listen: 127.0.0.1:{self.port}
relay: {{ host: 127.0.0.1, port: {smtp_port}, tls: none, connections: {connections} }}
mail: {{ from: {{ name: Assemblées, address: convocations@agglo.example }}, envelopeSender: retours@agglo.example }}
folders: {{ data: donnees, drop: depot }}
intake: {{ settle: 1s, rescan: 1s }}
reception: {{ policy: direct }}
anchors: {{ calendars: [] }}
"""
        )
        self.config = str(config)
        self.database = self.folder / "donnees" / "appariteur.db"
        roll = "civilité;nom;prénom;courriel;instances;mode;langue\n" + "".join(
            f"Mme;Nom{n};Prénom{n};m{n}@elus.example;conseil;;\n" for n in range(members)
        )
        (self.folder / "roll.csv").write_text(roll)
        subprocess.run([program, "members", "import", str(self.folder / "roll.csv"), "--config", self.config], check=True)

    def run(self):
        return process([self.program, "serve", "--config", self.config], stderr=open(self.folder / "log", "w"))

    def drop(self):
        day = datetime.date.today() + datetime.timedelta(days=30)
        depot = self.folder / "depot"
        aside = self.folder / "aside"
        aside.mkdir()
        (aside / "01 Budget primitif.pdf").write_bytes(PDF)
        (aside / "ENVOYER.txt").write_text("")
        aside.rename(depot / f"{day.isoformat()} 18h30 Conseil communautaire")

    def query(self, sql):
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(sql).fetchall()

    def sample(self):
        """One of the convocations that wait, in a file with LF line ends, as smtp-source takes it."""
        bytes_ = self.query("SELECT b.bytes FROM message_bytes b JOIN message m ON m.id = b.message WHERE m.kind = 'convocation' LIMIT 1")[0][0]
        file = self.folder / "sample.eml"
        file.write_bytes(bytes_.replace(b"\r\n", b"\n"))
        return file

    def count(self, sql):
        with contextlib.suppress(sqlite3.OperationalError):
            return self.query(sql)[0][0]
        return 0

    def send_all(self, members):
        """Drops the sitting; seconds from its approval to the last 250 recorded."""
        self.drop()
        approved = None
        end = time.time() + 900
        while time.time() < end:
            if approved is None and self.count("SELECT count(*) FROM journal WHERE type = 'sitting.approved'"):
                approved = time.time()
            # Counting reads all of the journal, on the cores that are measured: not before there can be as many.
            if approved and self.count(ENTRIES) > 2 * members and self.count(RELAYED) >= members:
                return time.time() - approved
            time.sleep(0.05)
        sys.exit("the messages did not all leave in 900 s; see " + str(self.folder / "log"))


ENTRIES = "SELECT max(seq) FROM journal"
RELAYED = "SELECT count(*) FROM journal WHERE type = 'convocation.relayed'"


def relayed_per_second(service, members):
    """The rate at which messages are journalled as relayed, from a tenth to nine tenths of them: neither start nor end is in it.

    Counting reads all of the journal, on the cores that are measured, so that it is done twice only; in between, the journal's last
    number tells how far it is.
    """
    before, first = service.count(ENTRIES), None
    end = time.time() + 900
    while time.time() < end:
        grown = service.count(ENTRIES) - before
        if first is None and grown >= members / 10:
            first = (time.time(), service.count(RELAYED))
        if first and grown >= members * 0.9:
            last = (time.time(), service.count(RELAYED))
            return (last[1] - first[1]) / (last[0] - first[0])
        time.sleep(0.05)
    sys.exit("not done in 900 s; see " + str(service.folder / "log"))


@contextlib.contextmanager
def filled(options, members, connections):
    """An installation whose queue holds one message a member, composed while nothing listened at its relay's port."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(options.program, folder, free_port(), connections, members)
        with service.run():
            wait_port(service.port)
            service.drop()
            end = time.time() + 900
            while service.count("SELECT count(*) FROM message WHERE kind = 'convocation'") < members:
                if time.time() > end:
                    sys.exit("not composed in 900 s; see " + str(service.folder / "log"))
                time.sleep(0.2)
        yield service


def sent(service, members):
    """Messages/s of a start on the filled queue, cores used, peak of memory."""
    with service.run() as child:
        memory, used, begin = Memory(child.pid), cpu_seconds(child.pid), time.time()
        rate = relayed_per_second(service, members)
        used, seconds = cpu_seconds(child.pid) - used, time.time() - begin
        memory.stop = True
    return rate, used / seconds, memory.peak


def whole_way(options, members):
    """A sitting of so many members from its drop to the last 250: seconds, cores used, peak of memory, bytes a message."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        with smtp_sink(port):
            wait_port(port)
            service = Service(options.program, folder, port, 16, members)
            with service.run() as child:
                wait_port(service.port)
                memory, used = Memory(child.pid), cpu_seconds(child.pid)
                seconds = service.send_all(members)
                used = cpu_seconds(child.pid) - used
                memory.stop = True
        size = service.count(
            "SELECT avg(length(b.bytes)) FROM message_bytes b JOIN message m ON m.id = b.message WHERE m.kind = 'convocation'")
        return seconds, used / seconds, memory.peak, int(size)


def mails(options, rows):
    """The whole way, then sending alone beside the yardsticks, which send one of the same messages to the same relay."""
    members = options.members
    seconds, cores, peak, size = whole_way(options, members)
    rows.append(("mails/s, durable: render, sign, queue, send, journal", f"{members / seconds:,.0f}", f"{members:,} messages of {size / 1000:.1f} kB, {peak} MB RSS, {cores:.1f} cores"))
    with filled(options, members, 16) as service, smtp_sink(service.relay):
        wait_port(service.relay)
        message = service.sample()
        source = smtp_source(service.relay, 20_000, message)
        plain = [python_smtplib(service.relay, 5_000, message, converts) for converts in (True, False)]
        rate, cores, peak = sent(service, members)
        source = (source + smtp_source(service.relay, 20_000, message)) / 2
    rows.append(("mails/s from a filled queue to smtp-sink", f"{rate:,.0f}", f"each leased, sent and journalled durably; {cores:.1f} cores, {peak} MB RSS"))
    rows.append(("  smtp-source, 16 sessions, reused", f"{source:,.0f}", f"ours = {rate / source:.2f} × (target ≥ 0.8)"))
    rows.append(("  Python smtplib, one connection, a string", f"{plain[0]:,.0f}", f"ours = {rate / plain[0]:.2f} × (target ≥ 2)"))
    rows.append(("  Python smtplib, one connection, bytes as they are", f"{plain[1]:,.0f}", f"ours = {rate / plain[1]:.2f} ×"))
    few = min(members, 6_000)
    with filled(options, few, 16) as service, tempfile.TemporaryDirectory() as folder, postfix(folder, service.relay):
        message = service.sample()
        source = smtp_source(service.relay, 5_000, message)
        rate, cores, _ = sent(service, few)
        source = (source + smtp_source(service.relay, 5_000, message)) / 2
    rows.append(("mails/s from a filled queue to Postfix", f"{rate:,.0f}", f"{cores:.1f} cores"))
    rows.append(("  smtp-source, 16 sessions, reused", f"{source:,.0f}", f"ours = {rate / source:.2f} × (target ≥ 0.95)"))
    with filled(options, 2_000, 8) as service, SlowRelay(service.relay, 0.05):
        wait_port(service.relay)
        message = service.sample()
        source = smtp_source(service.relay, 500, message, sessions=8)
        rate, cores, _ = sent(service, 2_000)
        source = (source + smtp_source(service.relay, 500, message, sessions=8)) / 2
    rows.append(("mails/s, 8 connections, 50 ms after each final dot", f"{rate:,.0f}", f"{cores:.1f} cores (target ≥ 150; at most 160)"))
    rows.append(("  smtp-source, 8 sessions, reused", f"{source:,.0f}", f"ours = {rate / source:.2f} ×"))


def crowd(options, rows):
    """Memory over a sitting of 100,000 members."""
    members = 100_000
    seconds, _, peak, _ = whole_way(options, members)
    rows.append(("100,000 members: the service's memory, MB", f"{peak:,}", f"{members / seconds:,.0f} mails/s (target ≤ 150 MB)"))


WRK = """
local tokens, i = {}, 0
for line in io.lines("%s") do tokens[#tokens + 1] = line end
request = function()
  i = i + 1
  if i > #tokens then wrk.thread:stop() end
  return wrk.format("GET", "/r/" .. (tokens[i] or tokens[#tokens]), {
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    ["Accept-Language"] = "fr-FR,fr;q=0.8", ["Sec-Fetch-Mode"] = "navigate", ["Sec-Fetch-Dest"] = "document" })
end
done = function(summary, latency, requests)
  io.write(string.format("RESULT %%f %%f %%d %%d\\n", summary.requests / summary.duration * 1e6, latency:percentile(99) / 1000,
    summary.requests, summary.errors.status + summary.errors.read + summary.errors.timeout))
end
"""


def wrk(port, tokens, folder, seconds):
    listing, script = pathlib.Path(folder) / "tokens", pathlib.Path(folder) / "wrk.lua"
    listing.write_text("\n".join(tokens))
    script.write_text(WRK % listing)
    answer = subprocess.run(
        ["wrk", "-t1", "-c64", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}"], check=True, capture_output=True, text=True).stdout
    rate, p99, count, errors = re.search(r"RESULT (\S+) (\S+) (\d+) (\d+)", answer).groups()
    return float(rate), float(p99), int(count), int(errors)


def clicks(options, rows):
    members, seconds = options.clickers, 5
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        with smtp_sink(port):
            wait_port(port)
            service = Service(options.program, folder, port, 16, members)
            with service.run() as child:
                wait_port(service.port)
                service.send_all(members)
                # One link a member, from the mails themselves: the first one is the document's.
                tokens = []
                for (raw,) in service.query("SELECT b.bytes FROM message_bytes b JOIN message m ON m.id = b.message WHERE m.kind = 'convocation' ORDER BY m.id"):
                    found = re.search(rb"/r/([A-Za-z0-9_-]{40})", quopri.decodestring(raw))
                    tokens.append(found[1].decode())
                time.sleep(12)
                bare_port = free_port()
                with process([os.path.join(options.yardsticks, "BareRedirect"), str(bare_port)], stderr=subprocess.DEVNULL):
                    wait_port(bare_port)
                    bare, bare_p99, _, _ = wrk(bare_port, tokens, folder, seconds)
                before = service.count("SELECT count(*) FROM journal WHERE type LIKE 'receipt.%'")
                memory = Memory(child.pid)
                rate, p99, asked, errors = wrk(service.port, tokens, folder, seconds)
                memory.stop = True
                receipts = service.count("SELECT count(*) FROM journal WHERE type LIKE 'receipt.%'") - before
                other = service.count("SELECT count(*) FROM journal WHERE type = 'access.robot'")
    rows.append(("clicks/s, each a new receipt on disk before its 303", f"{rate:,.0f}",
                 f"p99 {p99:.1f} ms, {asked:,} asked, {receipts:,} receipts, {other} graded robot, {errors} errors, {memory.peak} MB RSS"))
    rows.append(("  the same library's bare redirect", f"{bare:,.0f}", f"p99 {bare_p99:.1f} ms; ours = {rate / bare:.2f} × (target ≥ 0.5)"))


def compose(options, rows):
    """The making of messages alone: plain, with each signature, with a document attached."""
    templates = pathlib.Path(__file__).resolve().parents[2] / "Templates"
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = os.path.join(folder, "c.pem"), os.path.join(folder, "k.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
             "/CN=essai", "-addext", "subjectAltName=email:convocations@agglo.example"], check=True, capture_output=True)
        printed = subprocess.run(
            [os.path.join(options.yardsticks, "ComposeRates"), str(templates), certificate, key, "5000"],
            check=True, capture_output=True, text=True).stdout
    rows += [tuple(line.split("\t")) for line in printed.splitlines()]


def ledger(options, rows):
    program = os.path.join(options.yardsticks, "LedgerRates")

    def run(*arguments):
        return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout

    with tempfile.TemporaryDirectory() as folder:
        answer = run(folder, str(options.entries)) + run("start", folder)
        rows += [tuple(line.split("\t")) for line in answer.splitlines()]
    hashing(run, rows)


def hashing(run, rows):
    """A document's SHA-256, beside openssl's on the same file: the best of five each, in turns, from the page cache."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "document")
        with open(file, "wb") as out:
            for _ in range(512):
                out.write(os.urandom(1 << 20))
        ours, theirs = 0.0, 0.0
        for _ in range(5):
            ours = max(ours, float(run("hash", folder, file)))
            began = time.monotonic()
            subprocess.run(["openssl", "dgst", "-sha256", file], check=True, capture_output=True)
            theirs = max(theirs, os.path.getsize(file) / 1e6 / (time.monotonic() - began))
    rows.append(("documents hashed, MB/s", f"{ours:,.0f}", f"openssl dgst -sha256 {theirs:,.0f} MB/s; ours = {ours / theirs:.2f} × (target ≥ 0.9)"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--yardsticks", required=True)
    parser.add_argument("--members", type=int, default=20_000)
    parser.add_argument("--clickers", type=int, default=60_000)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("what", nargs="*")
    options = parser.parse_args()
    what = options.what or ["mails", "crowd", "compose", "clicks", "ledger"]
    rows = []
    for name in what:
        {"mails": mails, "crowd": crowd, "compose": compose, "clicks": clicks, "ledger": ledger}[name](options, rows)
    print(f"{os.cpu_count()} cores, {datetime.date.today()}")
    for label, figure, remark in rows:
        print(f"{label:<54} {figure:>10}   {remark}")


main()
