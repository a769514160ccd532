"""Checks DKIM signatures as dkimpy does.

Input: JSON {"now": seconds, "records": {name: TXT value}, "messages": [text]}. Output: for each message, for each of its signatures from the top,
{"selector": …, "algorithm": …, "signed": [names], "good": bool}.
"""
import json
import sys
import types

import dkim

asked = json.load(sys.stdin)
# dkimpy refuses what was signed in the future: the messages come from tests with a clock of their own.
dkim.time = types.SimpleNamespace(time=lambda: asked["now"])
records = {name.encode() + b".": value.encode() for name, value in asked["records"].items()}


def judge(text):
    message = text.replace("\r\n", "\n").replace("\n", "\r\n").encode("ascii")
    found = []
    count = dkim.DKIM(message)
    for index, (name, value) in enumerate([h for h in count.headers if h[0].lower() == b"dkim-signature"]):
        signature = dkim.DKIM(message)
        try:
            good = signature.verify(idx=index, dnsfunc=lambda name, timeout=5: records.get(name))
        except dkim.DKIMException as fault:
            good = False
            print(fault, file=sys.stderr)
        tags = dkim.util.parse_tag_value(value)
        found.append({
            "selector": tags[b"s"].decode(), "algorithm": tags[b"a"].decode(), "tags": sorted(tag.decode() for tag in tags),
            "time": tags[b"t"].decode(), "signed": ["".join(n.decode().split()) for n in tags[b"h"].split(b":")], "good": bool(good)})
    return found


json.dump([judge(text) for text in asked["messages"]], sys.stdout)
