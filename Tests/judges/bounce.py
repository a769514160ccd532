"""What Python's email package and flufl.bounce (Mailman's detector) read in each file: one JSON object by file name."""
import email
import email.policy
import json
import os
import sys

from flufl.bounce import scan_message

result = {}
for path in sys.argv[1:]:
    message = email.message_from_binary_file(open(path, "rb"), policy=email.policy.default)
    parts = list(message.walk())
    read = {"defects": [type(d).__name__ for part in parts for d in part.defects], "subject": message["subject"], "recipients": [], "messageID": None}
    status = next((p for p in parts if p.get_content_type() == "message/delivery-status"), None)
    for group in (status.get_payload() if status else []):
        if group["final-recipient"]:
            read["recipients"].append({
                "action": group["action"].split()[0].lower(), "status": group["status"],
                "recipient": group["final-recipient"].split(";", 1)[1].strip(),
            })
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            read["messageID"] = part.get_payload(0)["message-id"]
        elif part.get_content_type() == "text/rfc822-headers":
            read["messageID"] = email.message_from_string(part.get_content())["message-id"]
    # Its detectors were written for the older interface.
    old = email.message_from_binary_file(open(path, "rb"))
    read["failures"] = sorted(a.decode() for a in scan_message(old))
    result[os.path.basename(path)] = read
json.dump(result, sys.stdout)
