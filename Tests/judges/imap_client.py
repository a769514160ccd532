"""Python's own IMAP client beside ours: imap_client.py PORT CA USER PASSWORD append|list FOLDER [FILE…]"""
import imaplib
import re
import ssl
import sys

port, ca, user, password, command, folder, *files = sys.argv[1:]
client = imaplib.IMAP4_SSL("127.0.0.1", int(port), ssl_context=ssl.create_default_context(cafile=ca))
client._encoding = "utf-8"
client.login(user, password)
if command == "append":
    client.create(f'"{folder}"')
    for name in files:
        status, answer = client.append(f'"{folder}"', None, None, open(name, "rb").read())
        assert status == "OK", answer
else:
    status, answer = client.select(f'"{folder}"', readonly=True)
    assert status == "OK", answer
    status, answer = client.uid("FETCH", "1:*", "(UID FLAGS)")
    for line in answer:
        if line:
            text = line.decode()
            uid = re.search(r"UID (\d+)", text)[1]
            print(uid, " ".join(sorted(re.search(r"FLAGS \(([^)]*)\)", text)[1].replace("\\Recent", "").split())))
client.logout()
