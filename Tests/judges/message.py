"""Reads messages as Python's email package does, under its strict policy, and says what it found.

Input: a JSON array of messages, each as text (they are 7-bit). Output: a JSON array with one object for each.
Whatever the strict policy calls a defect is listed under "defects"; the test expects none.
"""
import email
import email.header
import email.policy
import email.utils
import hashlib
import json
import sys


def address(message, name):
    """The mailbox of a header. Its display name goes through the package's older decoder: the newer one leaves a space
    between adjacent encoded words of a phrase, against RFC 2047 section 6.2."""
    header = message[name]
    if header is None or not header.addresses:
        return {"name": "", "address": ""}
    raw = next(value for key, value in message.raw_items() if key == name)
    phrase, _ = email.utils.parseaddr("".join(str(raw).splitlines()))
    return {"name": str(email.header.make_header(email.header.decode_header(phrase))), "address": header.addresses[0].addr_spec}


def read(raw):
    found = {"defects": []}
    try:
        message = email.message_from_bytes(raw.encode("ascii"), policy=email.policy.strict)
        found["defects"] += [repr(d) for part in message.walk() for d in part.defects]
        found["defects"] += [repr(d) for part in message.walk() for h in part.values() for d in getattr(h, "defects", [])]
        found["headers"] = message.keys()
        found["subject"] = str(message["Subject"])
        for name in ("From", "To", "Reply-To"):
            found[name] = address(message, name)
        found["date"] = message["Date"].datetime.isoformat()
        for name in ("Message-ID", "Auto-Submitted", "List-Id", "Content-Language", "MIME-Version", "In-Reply-To",
                     "References"):
            found[name] = str(message[name]) if message[name] is not None else ""
        found["types"] = [part.get_content_type() for part in message.walk()]
        found["text"] = message.get_body(("plain",)).get_content()
        found["html"] = message.get_body(("html",)).get_content()
        found["calendars"] = []
        found["method"] = ""
        found["fileNames"] = []
        found["attachments"] = []
        for part in message.walk():
            if part.get_content_type() == "text/calendar":
                found["method"] = part.get_param("method")
                found["calendars"].append(part.get_content())
            if part.get_content_disposition() == "attachment" and part.get_content_type() != "application/ics":
                content = part.get_content()
                found["attachments"].append({
                    "type": part.get_content_type(), "name": str(part["Content-Type"].params["name"]),
                    "fileName": part.get_filename(),
                    "sha256": hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()})
            elif part.get_content_disposition() == "attachment":
                found["fileNames"].append(part.get_filename())
                found["fileNames"].append(str(part["Content-Type"].params["name"]))
                found["calendars"].append(part.get_content().decode("utf-8"))
    except Exception as fault:  # The strict policy raises what it calls a defect.
        found["defects"].append(f"{type(fault).__name__}: {fault}")
    return found


json.dump([read(raw) for raw in json.load(sys.stdin)], sys.stdout)
