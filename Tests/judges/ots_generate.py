"""Makes random proofs with the reference implementation: `ots_generate.py SEED COUNT`.

A line each: the file in hexadecimal, then the attested messages in hexadecimal.
"""

import random
import sys
import warnings

from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, LitecoinBlockHeaderAttestation, PendingAttestation, UnknownAttestation
from opentimestamps.core.op import OpAppend, OpHexlify, OpPrepend, OpReverse, OpSHA1, OpSHA256
from opentimestamps.core.serialize import BytesSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

warnings.simplefilter("ignore")
chance = random.Random(int(sys.argv[1]))


def attestation():
    return chance.choice([
        lambda: BitcoinBlockHeaderAttestation(chance.randrange(1 << chance.randrange(1, 40))),
        lambda: LitecoinBlockHeaderAttestation(chance.randrange(1 << 20)),
        lambda: PendingAttestation("https://%d.calendar.example/a_b-c" % chance.randrange(100)),
        lambda: UnknownAttestation(chance.randbytes(8), chance.randbytes(chance.randrange(300))),
    ])()


def operation():
    return chance.choice([
        lambda: OpAppend(chance.randbytes(chance.randrange(1, 200))),
        lambda: OpPrepend(chance.randbytes(chance.randrange(1, 200))),
        OpReverse, OpSHA1, OpSHA256, OpSHA256, OpHexlify,
    ])()


def grow(timestamp, depth):
    for _ in range(chance.randrange(3) if depth else 0):
        if len(timestamp.msg) <= 1024:
            grow(timestamp.ops.add(operation()), depth - 1)
    if not timestamp.ops or chance.random() < 0.2:
        for _ in range(chance.randrange(1, 4)):
            timestamp.attestations.add(attestation())


for _ in range(int(sys.argv[2])):
    timestamp = Timestamp(chance.randbytes(32))
    grow(timestamp, 6)
    context = BytesSerializationContext()
    DetachedTimestampFile(OpSHA256(), timestamp).serialize(context)
    print(context.getbytes().hex(), *[message.hex() for message, _ in timestamp.all_attestations()])
