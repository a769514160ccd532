"""Has a witness cosign a growing ledger with aics-witness' own client, then tries to make it cosign a fork.

    witness_feed.py URL WITNESS_VKEY SEED_HEX ORIGIN SIZE...

The ledger is aics-tlog's tree of the entries "entry 0", "entry 1"…, signed by the Ed25519 seed. The client checks each cosignature.
Then every status of c2sp.org/tlog-witness 1.0 is asked for. Prints a line of JSON: the statuses by name, the sizes cosigned; exits 1
with what went wrong.
"""

import base64
import hashlib
import http.client
import json
import sys
from urllib.parse import urlsplit

from aics_tlog import MerkleTree
from aics_witness.feeder import WitnessClient, WitnessRejected, merge_cosignatures
from aics_witness.protocol import format_add_checkpoint_request
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

url, witness_vkey, seed, origin = sys.argv[1:5]
sizes = [int(size) for size in sys.argv[5:]]
key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))


def signed(size, root, name=None, signer=key):
    name = name or origin
    text = "%s\n%d\n%s\n" % (name, size, base64.b64encode(root).decode())
    raw = signer.public_key().public_bytes_raw()
    identifier = hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4]
    return (text + "\n— %s %s\n" % (name, base64.b64encode(identifier + signer.sign(text.encode())).decode())).encode()


def tree(count, forged=None):
    return MerkleTree([("entry %d%s" % (number, " forged" if number == forged else "")).encode() for number in range(count)])


def post(body):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    connection.request("POST", parts.path + "/add-checkpoint", body)
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.read()


found = {"cosigned": []}
with WitnessClient(url, witness_vkey, backoff=0.1) as client:
    for size in sizes:
        now = tree(size)
        note = signed(size, now.root())
        line = client.submit(note, now.consistency_proof)
        merged = merge_cosignatures(note, line)
        if merged.count("—".encode()) != 2:
            sys.exit("two signatures are expected: %r" % merged)
        found["cosigned"].append(size)
    last = sizes[-1]
    fork = tree(last, forged=last - 1)
    try:
        client.submit(signed(last, fork.root()), fork.consistency_proof)
        sys.exit("a fork of %d entries was cosigned" % last)
    except WitnessRejected as refusal:
        found["fork"] = refusal.status

true = tree(last)
larger = tree(last + 3)
forked = tree(last, forged=last - 1)
forked_larger = tree(last + 3, forged=last - 1)
stranger = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ask = format_add_checkpoint_request
cases = {
    "malformed": b"hello\n",
    "old above": ask(last + 1, [], signed(last, true.root())),
    "unknown": ask(0, [], signed(last, true.root(), name="another.example/ledger")),
    "stranger's": ask(last, [], signed(last, true.root(), signer=stranger)),
    "stale": ask(0, [], signed(last + 3, larger.root())),
    "same again": ask(last, [], signed(last, true.root())),
    "same forged": ask(last, [], signed(last, forked.root())),
    "larger forged": ask(last, forked_larger.consistency_proof(last, last + 3), signed(last + 3, forked_larger.root())),
    "bad proof": ask(last, [bytes(32)] * 3, signed(last + 3, larger.root())),
    "smaller": ask(sizes[0], [], signed(sizes[0], tree(sizes[0]).root())),
    "larger": ask(last, larger.consistency_proof(last, last + 3), signed(last + 3, larger.root())),
}
for name, body in cases.items():
    status, kind, text = post(body)
    found[name] = [status, kind, text.decode() if status == 409 else None]
parts = urlsplit(url)
connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
connection.request("GET", "%s/%s/checkpoint" % (parts.path, hashlib.sha256(origin.encode()).hexdigest()))
answer = connection.getresponse()
text = answer.read()
found["latest"] = [answer.status, int(text.split(b"\n")[1]), text.count("—".encode())]
print(json.dumps(found))
