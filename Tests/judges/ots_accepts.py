"""Says of each line (a proof in hexadecimal) what the reference implementation makes of it: `refused`, or the proof written again
in hexadecimal, and its attested messages. The reference implementation knows operations that ours refuses: `other` marks a
proof that uses them."""

import sys
import warnings

from opentimestamps.core.op import OpKECCAK256, OpRIPEMD160
from opentimestamps.core.serialize import BytesDeserializationContext, BytesSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile

warnings.simplefilter("ignore")


def uses(timestamp):
    return any(isinstance(op, (OpKECCAK256, OpRIPEMD160)) or uses(next_) for op, next_ in timestamp.ops.items())


for line in sys.stdin:
    try:
        context = BytesDeserializationContext(bytes.fromhex(line.strip()))
        proof = DetachedTimestampFile.deserialize(context)
    except Exception:
        print("refused")
        continue
    if uses(proof.timestamp) or isinstance(proof.file_hash_op, (OpKECCAK256, OpRIPEMD160)):
        print("other")
        continue
    written = BytesSerializationContext()
    proof.serialize(written)
    print(written.getbytes().hex(), *sorted(message.hex() for message, _ in proof.timestamp.all_attestations()))
