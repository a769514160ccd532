"""Opens VERIFIER.html in a browser, gives it a proof (and a document, and a key) as a person's choice would, and prints what it shows.

usage: verifier_page.py PAGE PROOF [DOCUMENT|-] [KEY|-] [WITNESS_KEY...]
The first line is `good` or `bad`, then the page's result as text.
"""
import base64, html, json, pathlib, re, shutil, subprocess, sys, tempfile

page, proof = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
document = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] != "-" else None
key = sys.argv[4] if len(sys.argv) > 4 and sys.argv[4] != "-" else ""
witnesses = "\n".join(sys.argv[5:])
browser = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)
if browser is None:
    sys.exit("no Chromium on PATH: install the Debian package chromium")


def literal(path):
    return f"bytes({json.dumps(base64.b64encode(path.read_bytes()).decode())})" if path else "null"


# In French, whatever the browser's own language is.
script = f"""<script>
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
language = 'fr'; words();
check({literal(proof)}, {literal(document)}, {json.dumps(key)}, {json.dumps(witnesses)}).then(() => document.body.dataset.done = "yes");
</script></body>"""
with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "page.html"
    file.write_text(page.read_text(encoding="utf-8").replace("</body>", script), encoding="utf-8")
    shown = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile", "--lang=fr",
         "--virtual-time-budget=20000", "--dump-dom", file.as_uri()],
        capture_output=True, timeout=100)
dom = shown.stdout.decode("utf-8")
result = re.search(r'<div id="result".*?</div>', dom, re.S)
if 'data-done="yes"' not in dom or result is None:
    sys.exit("the page did not come to an end: " + shown.stderr.decode("utf-8", "replace")[-2000:])
print("good" if 'id="verdict" class="good"' in dom or 'class="good" id="verdict"' in dom else "bad")
print(html.unescape(re.sub(r"<[^>]+>", "\n", result.group(0))))
