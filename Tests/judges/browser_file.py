"""A person with a real browser chooses a file on a page: browser_file.py URL FILE. Prints what the page says afterwards.

Chromium speaks its DevTools protocol over two pipes (file descriptors 3 and 4), one JSON message before each NUL.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

url, file = sys.argv[1], sys.argv[2]
browser = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)
if browser is None:
    sys.exit("no Chromium on PATH: install the Debian package chromium")
to_browser, from_us = os.pipe()
from_browser, to_us = os.pipe()
profile = tempfile.mkdtemp(prefix="appariteur-browser-")


def descriptors():
    # Above 4 first, so that neither overwrites the other.
    os.dup2(to_browser, 13)
    os.dup2(to_us, 14)
    os.dup2(13, 3)
    os.dup2(14, 4)


process = subprocess.Popen(
    [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
     "--user-data-dir=" + profile, "--remote-debugging-pipe", "about:blank"],
    preexec_fn=descriptors, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
os.close(to_browser)
os.close(to_us)
buffered, number, events = b"", 0, []


def receive():
    global buffered
    while b"\0" not in buffered:
        piece = os.read(from_browser, 1 << 16)
        if not piece:
            raise SystemExit("the browser ended")
        buffered += piece
    message, buffered = buffered.split(b"\0", 1)
    return json.loads(message)


def call(method, session=None, **parameters):
    global number
    number += 1
    message = {"id": number, "method": method, "params": parameters}
    if session:
        message["sessionId"] = session
    os.write(from_us, json.dumps(message).encode() + b"\0")
    while True:
        answer = receive()
        if answer.get("id") == number:
            if "error" in answer:
                raise SystemExit("%s: %s" % (method, answer["error"]))
            return answer["result"]
        events.append(answer)


def wait(method):
    while True:
        for index, event in enumerate(events):
            if event.get("method") == method:
                return events.pop(index)
        events.append(receive())


try:
    target = call("Target.createTarget", url="about:blank")["targetId"]
    session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    call("Page.enable", session)
    call("DOM.enable", session)
    call("Page.navigate", session, url=url)
    wait("Page.loadEventFired")
    root = call("DOM.getDocument", session)["root"]["nodeId"]
    field = call("DOM.querySelector", session, nodeId=root, selector="input[type=file]")["nodeId"]
    shown = call("Runtime.evaluate", session, expression="!document.getElementById('zone').hidden")["result"]["value"]
    if not shown:
        raise SystemExit("the file field is not offered")
    call("DOM.setFileInputFiles", session, files=[file], nodeId=field)
    wait("Page.loadEventFired")
    print(call("Runtime.evaluate", session, expression="document.querySelector('main').innerText")["result"]["value"])
finally:
    process.kill()
    process.wait()
    shutil.rmtree(profile, ignore_errors=True)
