"""Checks a proof with nothing of ours: Python's zipfile and hmac, aics-tlog for checkpoint and tree, openssl for tokens,
the reference client's library for OpenTimestamps.

    proof.py FILE VKEY CA_FILE

Prints one JSON object; exits with 1 at the first thing that doesn't hold.
"""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile

from aics_tlog.checkpoint import checkpoint_from_note, verify_checkpoint
from aics_tlog.hashing import leaf_hash
from aics_tlog.note import parse_note, parse_vkey
from aics_tlog.tree import verify_inclusion
from opentimestamps.core.serialize import BytesDeserializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile

path, vkey, ca_file = sys.argv[1:4]
key = parse_vkey(vkey)
found = {"facts": [], "tokens": [], "proofs": []}


def hold(condition, words):
    if not condition:
        sys.exit(words)


def checkpoint(note_bytes):
    note = parse_note(note_bytes)
    result = verify_checkpoint(note, key)
    hold(result.log_ok, "checkpoint: %s" % result.error)
    return checkpoint_from_note(note)[0]


def openssl(*arguments):
    return subprocess.run(("openssl",) + arguments, capture_output=True)


with open(path, "rb") as file:
    raw = file.read()
# ETSI EN 319 162-1, annex A.1: the media type is the first file, stored, at a fixed place.
hold(raw[30:38] == b"mimetype" and raw[38:69] == b"application/vnd.etsi.asic-e+zip", "the media type is not first")
archive = zipfile.ZipFile(path)
hold(archive.testzip() is None, "a checksum is wrong")
names = archive.namelist()
contents = json.loads(archive.read("proof.json"))

for fact in contents["facts"]:
    seq, size = fact["seq"], fact["checkpoint"]
    leaf = archive.read("facts/%d/leaf.json" % seq)
    head, _, note = archive.read("facts/%d/leaf.tlog-proof" % seq).partition(b"\n\n")
    lines = head.decode().split("\n")
    hold(lines[0] == "c2sp.org/tlog-proof@v1" and lines[1] == "index %d" % seq, "tlog-proof")
    state = checkpoint(note)
    hold(state.size == size, "size")
    hold(verify_inclusion(leaf_hash(leaf), seq, size, [base64.b64decode(line) for line in lines[2:]], state.root), "inclusion")
    opening = "facts/%d/opening.json" % seq
    if opening in names:
        secret = bytes.fromhex(archive.read("facts/%d/opening.key" % seq).decode().strip())
        computed = hmac.new(secret, archive.read(opening), hashlib.sha256).hexdigest()
        hold(computed == json.loads(leaf)["commitment"], "commitment")
    found["facts"].append([seq, json.loads(leaf)["type"], opening in names])

with tempfile.TemporaryDirectory() as folder:
    archive.extractall(folder)
    for size in sorted({fact["checkpoint"] for fact in contents["facts"]}):
        place = os.path.join(folder, "checkpoints", str(size))
        with open(os.path.join(place, "checkpoint"), "rb") as file:
            note = file.read()
        hold(checkpoint(note).size == size, "checkpoint's size")
        with open(os.path.join(place, "body"), "rb") as file:
            body = file.read()
        hold(note.startswith(body + b"\n"), "body")
        for name in sorted(os.listdir(place)):
            token = os.path.join(place, name)
            if name.endswith(".tsr"):
                result = openssl("ts", "-verify", "-data", os.path.join(place, "body"), "-in", token, "-CAfile", ca_file)
                hold(result.returncode == 0, result.stderr.decode())
                found["tokens"].append([size, name])
            if name.endswith(".ots"):
                with open(token, "rb") as file:
                    proof = DetachedTimestampFile.deserialize(BytesDeserializationContext(file.read()))
                hold(proof.file_digest == hashlib.sha256(body).digest(), "the proof is over another file")
                found["proofs"].append([size, sorted(repr(attestation) for _, attestation in proof.timestamp.all_attestations())])
    manifest = os.path.join(folder, "META-INF/ASiCManifest.xml")
    found["sealed"] = os.path.exists(manifest)
    if found["sealed"]:
        result = openssl("ts", "-verify", "-data", manifest, "-in", os.path.join(folder, "META-INF/timestamp.tst"), "-token_in",
                         "-CAfile", ca_file)
        hold(result.returncode == 0, result.stderr.decode())
        listed = {}
        for reference in ElementTree.parse(manifest).getroot().findall("{http://uri.etsi.org/02918/v1.2.1#}DataObjectReference"):
            listed[reference.get("URI")] = base64.b64decode(reference.find("{http://www.w3.org/2000/09/xmldsig#}DigestValue").text)
        for name in names:
            if name != "mimetype" and not name.startswith("META-INF/"):
                hold(listed.pop(name, None) == hashlib.sha256(archive.read(name)).digest(), "the manifest doesn't cover " + name)
        hold(not listed, "the manifest lists what isn't there")
print(json.dumps(found))
