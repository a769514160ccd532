"""Sends to a server on 127.0.0.1 with Python's smtplib: smtp_client.py PORT WHAT.

dots     a message whose lines begin with dots, and one that ends without a line end
many     8 connections at once, 25 messages each, connections reused
pipeline a whole conversation in one packet, then in single octets
limits   a message beyond the size limit, unknown commands, commands out of order
"""
import smtplib
import socket
import sys
import threading

port, what = int(sys.argv[1]), sys.argv[2]


def session():
    client = smtplib.SMTP("127.0.0.1", port, local_hostname="test.example", timeout=30)
    client.ehlo()
    return client


def converse(chunks):
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    for chunk in chunks:
        connection.sendall(chunk)
    received = b""
    while True:
        piece = connection.recv(65536)
        if not piece:
            break
        received += piece
    connection.close()
    return received.decode("ascii").split("\r\n")[:-1]


if what == "dots":
    client = session()
    assert client.has_extn("pipelining") and client.has_extn("size"), client.esmtp_features
    text = "Subject: points\r\n\r\n.\r\n..\r\n.début\r\nfin.\r\n.\r\n".encode("utf-8")
    code, reply = client.mail("a@test.example"), client.rcpt("b@test.example")
    assert code[0] == 250 and reply[0] == 250
    code, reply = client.data(text)
    assert code == 250 and reply.startswith(b"2.0.0 Ok: queued as "), (code, reply)
    print(reply.decode().rsplit(" ", 1)[1])
    client.sendmail("a@test.example", ["b@test.example", "c@test.example"], "Subject: x\r\n\r\nsans fin de ligne".encode())
    client.quit()
elif what == "many":
    failures = []

    def work(number):
        try:
            client = session()
            for index in range(25):
                client.sendmail("a@test.example", ["b%d@test.example" % number], "Subject: %d-%d\r\n\r\nBonjour\r\n" % (number, index))
            client.quit()
        except Exception as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not failures, failures
elif what == "pipeline":
    whole = (b"EHLO test.example\r\nMAIL FROM:<a@test.example> SIZE=40\r\nRCPT TO:<b@test.example>\r\nDATA\r\n"
             b"Subject: un\r\n\r\n..point\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<c@test.example>\r\nRSET\r\nNOOP\r\nQUIT\r\n")
    for chunks in ([whole], [whole[i:i + 1] for i in range(len(whole))]):
        lines = converse(chunks)
        codes = [line[:3] for line in lines if line[3:4] == " "]
        assert codes == ["220", "250", "250", "250", "354", "250", "250", "250", "250", "250", "221"], lines
    # A lone LF around the dot ends nothing: all of this is one message.
    smuggled = converse([b"EHLO x\r\nMAIL FROM:<a@test.example>\r\nRCPT TO:<b@test.example>\r\nDATA\r\n"
                         b"Subject: deux\r\n\r\nbonjour\n.\nMAIL FROM:<evil@test.example>\r\n\n.\r\nfin\r\n.\r\nQUIT\r\n"])
    codes = [line[:3] for line in smuggled if line[3:4] == " "]
    assert codes == ["220", "250", "250", "250", "354", "250", "221"], smuggled
elif what == "limits":
    client = session()
    limit = int(client.esmtp_features["size"])
    assert client.docmd("MAIL", "FROM:<a@test.example> SIZE=%d" % (limit + 1))[0] == 552
    assert client.docmd("RCPT", "TO:<b@test.example>")[0] == 503
    assert client.docmd("DATA")[0] == 503
    assert client.docmd("MAIL", "FROM:a@test.example")[0] == 501
    assert client.docmd("MAIL", "FROM:<a@test.example> RET=FULL")[0] == 555
    assert client.docmd("FOO")[0] == 500
    assert client.docmd("X" * 5000)[0] == 500
    assert client.mail("a@test.example")[0] == 250
    assert client.mail("a@test.example")[0] == 503
    assert client.docmd("DATA")[0] == 554
    assert client.docmd("RCPT", "TO:<>")[0] == 501
    assert client.rcpt("b@test.example")[0] == 250
    assert client.data(b"Subject: grand\r\n\r\n" + b"x" * (limit + 10) + b"\r\n")[0] == 552
    # The session goes on after it.
    client.sendmail("a@test.example", ["b@test.example"], b"Subject: petit\r\n\r\nx\r\n")
    assert client.rset()[0] == 250 and client.noop()[0] == 250 and client.verify("a@test.example")[0] == 252
    client.quit()
else:
    sys.exit("what?")
