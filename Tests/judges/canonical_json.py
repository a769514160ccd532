"""Reads one JSON value a line from standard input, writes each as the package rfc8785 canonicalises it."""

import json
import sys

import rfc8785


def whole(text: str) -> int | float:
    """As RFC 8785 reads numbers: what a double doesn't hold exactly is rounded."""
    return int(text) if abs(int(text)) < 2**53 else float(text)


for line in sys.stdin.buffer.read().split(b"\n")[:-1]:
    sys.stdout.buffer.write(rfc8785.dumps(json.loads(line, parse_int=whole)) + b"\n")
