"""Writes a message with everything that makes mail hard to read, made by Python's email package: sample_mail.py WHAT URL."""
import sys
from email.message import EmailMessage
from email.policy import SMTP

what, url = sys.argv[1], sys.argv[2]
message = EmailMessage(policy=SMTP)
message["From"] = "Secrétariat général, Pays de Valmorée <secretariat@valmoree.example>"
message["To"] = "Éloïse Le Goff <eloise.le-goff@valmoree.example>"
message["Subject"] = "Convocation – conseil communautaire du mardi 15 décembre 2026 à 18 h 30 🏛 et l’ordre du jour entier"
if what == "whole":
    message.set_content("Bonjour Éloïse,\n\n.une ligne qui commence par un point\n" + "é" * 200 + "\n", cte="quoted-printable")
    message.add_alternative(
        '<html><head><title>x</title></head><body><p>Bonjour Éloïse,</p><p><a href="%s/r/un?a=1&amp;b=2">Ouvrir la <b>convocation</b></a></p>'
        '<p><a href="%s/r/deux">Budget primitif</a></p><div style="display: none"><p><a href="%s/r/piege">.</a></p></div>'
        '<p><a href="mailto:secretariat@valmoree.example">Écrire</a><script>alert(1)</script></p></body></html>' % (url, url, url),
        subtype="html", cte="base64")
    message.add_attachment(b"%PDF-1.7\n", maintype="application", subtype="pdf", filename="Note de synthèse – l’été.pdf")
    message.add_attachment("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", subtype="calendar", filename="seance.ics")
    data = message.as_bytes()
elif what == "latin":
    message.set_content("Déjà vu, œuvre : 12 €\n", charset="windows-1252", cte="quoted-printable")
    data = message.as_bytes()
elif what == "broken":
    data = (b"Subject: =?utf-8?B?w6l0w6k?= =?utf-8?Q?_d=C3?= =?utf-8?Q?=A9but?= =?x?y?z\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
            b"--b\r\nContent-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            b"<p>caf=C3=A9 =\r\n100 =ZZ</p>")
sys.stdout.buffer.write(data)
