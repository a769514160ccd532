"""Audits a published ledger with aics-tlog, which shares no code with ours.

    tlog_audit.py FOLDER [ENTRY...]

FOLDER holds checkpoint, vkey and tile/. Checks the checkpoint's signature and origin, then every tile and every entry
bundle against its root, and makes an inclusion proof of each ENTRY (an index). Prints a line of JSON and exits 0, or
prints what is wrong and exits 1.
"""

import json
import sys
from pathlib import Path

from aics_tlog import (
    FileSystemTileReader, audit_tiles, inclusion_proof_from_tiles, leaf_hash, parse_note, parse_vkey, read_entry,
    tree_root_from_tiles, verify_checkpoint, verify_inclusion,
)


def audit(folder: Path, entries: list[int]) -> dict:
    key = parse_vkey((folder / "vkey").read_text().strip())
    note = parse_note((folder / "checkpoint").read_bytes())
    result = verify_checkpoint(note, key, expected_origin=key.name)
    if not result.log_ok:
        raise ValueError(f"checkpoint: {result.error}")
    size, root = result.size, result.root
    if len(root) != 32:
        raise ValueError("checkpoint: the root doesn't have 32 bytes")
    reader = FileSystemTileReader(folder)
    if tree_root_from_tiles(reader, size) != root:
        raise ValueError("tiles: another root than the checkpoint's")
    report = audit_tiles(reader, size, root)
    for index in entries:
        entry = read_entry(reader, index, size)
        proof = inclusion_proof_from_tiles(reader, index, size)
        if not verify_inclusion(leaf_hash(entry), index, size, proof, root):
            raise ValueError(f"entry {index}: not included")
    return {"size": size, "origin": key.name, "tiles": report.tiles, "bundles": report.bundles}


if __name__ == "__main__":
    try:
        print(json.dumps(audit(Path(sys.argv[1]), [int(index) for index in sys.argv[2:]])))
    except Exception as fault:  # whatever it stumbles over is its verdict
        print(f"{type(fault).__name__}: {fault}")
        sys.exit(1)
