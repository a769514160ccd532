"""The relays that the mail benchmarks send to, and the yardsticks that send to them. All on loopback."""

import asyncio
import contextlib
import grp
import os
import pathlib
import pwd
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    sys.exit(f"nothing listens on port {port}")


@contextlib.contextmanager
def process(arguments, **options):
    child = subprocess.Popen(arguments, **options)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()


def smtp_sink(port):
    return process(["/usr/sbin/smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "1000"], stderr=subprocess.DEVNULL)


def smtp_source(port, count, message, sessions=16):
    """Messages/s of Postfix's own load generator: `message`'s bytes, connections reused (-d), each recipient another one (-N), as
    Postfix remembers how it rewrote the last."""
    begin = time.time()
    subprocess.run(
        ["/usr/sbin/smtp-source", "-d", "-N", "-s", str(sessions), "-m", str(count), "-F", str(message), "-f", "a@agglo.example",
         "-t", "b@elus.example", f"127.0.0.1:{port}"], check=True)
    return count / (time.time() - begin)


def python_smtplib(port, count, message, converts=True):
    """Messages/s of Python's own library over one connection. `converts`: given a string, whose line ends it makes CRLF, as it is used
    most; else bytes that are ready, which it sends as they are."""
    body = message.read_text("ascii") if converts else message.read_bytes().replace(b"\n", b"\r\n")
    begin = time.time()
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for _ in range(count):
            connection.sendmail("a@agglo.example", ["b@elus.example"], body)
    return count / (time.time() - begin)


class SlowRelay:
    """A relay that takes `delay` seconds after each final dot, as one does that scans before it accepts."""

    def __init__(self, port, delay):
        self.port, self.delay, self.accepted = port, delay, 0
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        self.ready.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)

    def serve(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self.talk, "127.0.0.1", self.port, limit=1 << 20))
        self.ready.set()
        self.loop.run_forever()

    async def talk(self, reader, writer):
        writer.write(b"220 slow.example ESMTP\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"EHLO":
                    writer.write(b"250-slow.example\r\n250-PIPELINING\r\n250 SIZE 50000000\r\n")
                elif verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    await asyncio.sleep(self.delay)
                    self.accepted += 1
                    writer.write(b"250 2.0.0 Ok: queued as %08X\r\n" % self.accepted)
                elif verb == b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                else:
                    writer.write(b"250 Ok\r\n")
        writer.close()


@contextlib.contextmanager
def postfix(folder, port):
    """A real Postfix that queues each message on disk before its 250, and throws it away after. Needs root."""
    folder = pathlib.Path(folder)
    os.chmod(folder, 0o755)
    owner, drop = pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postdrop").gr_gid
    for name, mode, group in [("data", 0o700, 0)] + [
        (f"spool/{queue}", 0o700, 0)
        for queue in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")
    ] + [("spool/maildrop", 0o730, drop), ("spool/public", 0o710, drop)]:
        path = folder / name
        path.mkdir(parents=True)
        os.chown(path, owner, group)
        path.chmod(mode)
    (folder / "spool/pid").mkdir()
    (folder / "main.cf").write_text(
        f"""compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
default_transport = discard
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
in_flow_delay = 0
alias_maps =
alias_database =
"""
    )
    (folder / "master.cf").write_text(
        f"127.0.0.1:{port} inet n - n - 40 smtpd\n"
        + "".join(
            f"{service} unix {private} - n {wake} {most} {command}\n"
            for service, private, wake, most, command in [
                ("cleanup", "n", "-", "0", "cleanup"), ("qmgr", "n", "5", "1", "qmgr"), ("rewrite", "-", "-", "-", "trivial-rewrite"),
                ("bounce", "-", "-", "0", "bounce"), ("defer", "-", "-", "0", "bounce"), ("discard", "-", "-", "-", "discard"),
                ("error", "-", "-", "-", "error"), ("retry", "-", "-", "-", "error"), ("anvil", "-", "-", "1", "anvil"),
                ("proxymap", "-", "-", "-", "proxymap"), ("postlog", "n", "-", "1", "postlogd"), ("tlsmgr", "-", "1000?", "1", "tlsmgr"),
            ]
        ).replace("postlog unix n", "postlog unix-dgram n")
    )
    with process(["/usr/lib/postfix/sbin/master", "-c", str(folder)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        wait_port(port)
        yield
