"""Checks a Chainpoint v2 receipt against the transaction that it names: `chainpoint_v2.py RECEIPT RAW-TRANSACTION-HEX`.

The receipt's algorithm is the specification's (chainpoint.org, version 2); the transaction is read by python-bitcoinlib.
"""

import hashlib
import json
import re
import sys

from bitcoin.core import CTransaction, b2lx
from bitcoin.core.script import OP_RETURN

with open(sys.argv[1], encoding="utf-8") as file:
    receipt = json.load(file)
if receipt["@context"] != "https://w3id.org/chainpoint/v2" or receipt["type"] != "ChainpointSHA256v2":
    sys.exit("not a Chainpoint v2 receipt with SHA-256")


def digest(text):
    if not re.fullmatch("[0-9a-f]{64}", text):
        sys.exit("not a SHA-256: " + text)
    return bytes.fromhex(text)


hash_ = digest(receipt["targetHash"])
for step in receipt["proof"]:
    if list(step) == ["left"]:
        hash_ = hashlib.sha256(digest(step["left"]) + hash_).digest()
    elif list(step) == ["right"]:
        hash_ = hashlib.sha256(hash_ + digest(step["right"])).digest()
    else:
        sys.exit("a step is neither left nor right")
if hash_ != digest(receipt["merkleRoot"]):
    sys.exit("targetHash doesn't lead to merkleRoot")

transaction = CTransaction.deserialize(bytes.fromhex(sys.argv[2]))
anchors = [anchor for anchor in receipt["anchors"] if anchor["type"] == "BTCOpReturn"]
if len(anchors) != 1 or anchors[0]["sourceId"] != b2lx(transaction.GetTxid()):
    sys.exit("the receipt names another transaction than " + b2lx(transaction.GetTxid()))
outputs = [list(output.scriptPubKey) for output in transaction.vout]
if [OP_RETURN, hash_] not in outputs:
    sys.exit("no output of the transaction carries merkleRoot")
print("holds")
