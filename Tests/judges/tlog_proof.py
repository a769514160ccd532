"""Verifies a tlog-proof with proofbundle, which shares no code with ours.

    tlog_proof.py PROOF LEAF LOG_VKEY ORIGIN THRESHOLD [WITNESS_VKEY...]

PROOF and LEAF are files. Prints the verdict as a line of JSON; exits 0 when all of it holds, 1 when not.
"""

import json
import sys
from pathlib import Path

from proofbundle.tlogproof import verify_tlog_proof

proof, leaf, vkey, origin, threshold = sys.argv[1:6]
verdict = verify_tlog_proof(
    Path(proof).read_bytes().decode("utf-8", "surrogateescape"), Path(leaf).read_bytes(), vkey, sys.argv[6:],
    threshold=int(threshold), expected_origin=origin,
)
names = ("ok", "log_ok", "witnesses_ok", "inclusion_ok", "tree_size", "index", "detail")
print(json.dumps({name: verdict.get(name) for name in names}))
sys.exit(0 if verdict["ok"] is True else 1)
