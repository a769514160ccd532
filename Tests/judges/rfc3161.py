"""An RFC 3161 token judged by the rfc3161-client package: rfc3161.py BODY TOKEN CA

Prints `holds TIME`, or says why not and ends with status 1.
"""
import pathlib
import sys

from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import VerifierBuilder, decode_timestamp_response

body, token, authorities = (pathlib.Path(path).read_bytes() for path in sys.argv[1:4])
try:
    response = decode_timestamp_response(token)
    builder = VerifierBuilder()
    for certificate in load_pem_x509_certificates(authorities):
        builder = builder.add_root_certificate(certificate)
    if not builder.build().verify_message(response, body):
        raise ValueError("the token does not verify")
except Exception as error:
    sys.exit(f"refused: {type(error).__name__}: {error}")
print("holds", response.tst_info.gen_time.isoformat())
