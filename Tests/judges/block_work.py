"""Says of block headers what python-bitcoinlib says: CheckProofOfWork, of the network named.

    block_work.py NETWORK HEADER...

A header is 160 hexadecimal digits. Prints one line each: the hash as explorers write it, and `work` or `no work`.
"""
import sys

import bitcoin
from bitcoin.core import CBlockHeader, CheckProofOfWork, CheckProofOfWorkError, b2lx

bitcoin.SelectParams(sys.argv[1])
for text in sys.argv[2:]:
    header = CBlockHeader.deserialize(bytes.fromhex(text))
    try:
        CheckProofOfWork(header.GetHash(), header.nBits)
        verdict = "work"
    except CheckProofOfWorkError:
        verdict = "no work"
    print(b2lx(header.GetHash()), verdict)
