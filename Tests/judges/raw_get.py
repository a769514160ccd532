"""Asks a web server for paths exactly as written, which no polite client does: raw_get.py PORT, one path a line on stdin.
Prints for each: status, then its body's length, then the body in hex (first 200 octets), separated by spaces."""
import http.client
import sys

port = int(sys.argv[1])
for line in sys.stdin.read().split("\n"):
    if not line:
        continue
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    # http.client checks the target; put it on the wire ourselves.
    connection.connect()
    connection.sock.sendall(b"GET " + line.encode("utf-8") + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    answer = http.client.HTTPResponse(connection.sock, method="GET")
    try:
        answer.begin()
        body = answer.read()
        print(answer.status, len(body), body[:200].hex())
    except (http.client.HTTPException, ConnectionError) as error:
        print("closed", 0, type(error).__name__)
    connection.close()
