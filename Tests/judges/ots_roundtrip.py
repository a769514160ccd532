"""Reads a detached OpenTimestamps proof with the reference implementation and writes it again to standard output."""

import sys

from opentimestamps.core.serialize import BytesDeserializationContext, BytesSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile

with open(sys.argv[1], "rb") as file:
    proof = DetachedTimestampFile.deserialize(BytesDeserializationContext(file.read()))
context = BytesSerializationContext()
proof.serialize(context)
sys.stdout.buffer.write(context.getbytes())
