import TestSupport

extension FaultScript {
    /// Every way in which a relay misbehaves, by the phase of the conversation. One that takes a message says so, or says nothing
    /// that can be understood: a relay that takes it and refuses it can't be helped.
    static let repertoire: [Rudeness] = [
        Rudeness("421 for a greeting", .greeting, .reply("421 4.3.2 too many connections"), .close),
        Rudeness("450 for a greeting", .greeting, .reply("450 4.7.1 not now"), .close),
        Rudeness("554 for a greeting", .greeting, .reply("554 5.7.1 not you"), .close),
        Rudeness("closes for a greeting", .greeting, .close),
        Rudeness("hangs for a greeting", .greeting, .hang),
        Rudeness("nonsense for a greeting", .greeting, .reply("HTTP/1.1 400 Bad Request"), .close),

        Rudeness("closes at EHLO", .hello, .close),
        Rudeness("421 at EHLO", .hello, .reply("421 4.3.2 shutting down"), .close),
        Rudeness("refuses EHLO and HELO", .hello, .reply("502 5.5.1 not implemented")),
        Rudeness("a size of 1 byte", .hello, .reply("250-rude.test"), .reply("250 SIZE 1")),
        Rudeness("a mangled EHLO", .hello, .reply("250-rude.test"), .raw([0xFF, 0x00, 0x0A]), .reply("250 SIZE many")),

        Rudeness("refuses STARTTLS", .startTLS, .reply("454 4.7.0 TLS not available")),
        Rudeness("closes after STARTTLS", .startTLS, .reply("220 go ahead"), .close),
        Rudeness("no TLS after STARTTLS", .startTLS, .reply("220 go ahead\r\n250 surely you trust me")),
        Rudeness("hangs after STARTTLS", .startTLS, .reply("220 go ahead"), .hang),

        Rudeness("421 at MAIL", .sender, .reply("421 4.7.0 closing"), .close),
        Rudeness("432 at MAIL", .sender, .reply("432 4.3.2 concurrent connections limit exceeded")),
        Rudeness("450 at MAIL", .sender, .reply("450 4.7.1 not now")),
        Rudeness("451 at MAIL", .sender, .reply("451 4.3.0 not now")),
        Rudeness("452 at MAIL", .sender, .reply("452 4.3.1 disk full")),
        Rudeness("454 at MAIL", .sender, .reply("454 4.7.0 throttled")),
        Rudeness("530 at MAIL", .sender, .reply("530 5.7.0 authentication required")),
        Rudeness("552 at MAIL, though its size was enough", .sender, .reply("552 5.3.4 too big")),
        Rudeness("553 at MAIL", .sender, .reply("553 5.7.1 not your sender")),
        Rudeness("closes at MAIL", .sender, .close),
        Rudeness("hangs at MAIL", .sender, .hang),

        Rudeness("421 at RCPT", .recipient, .reply("421 4.7.0 closing"), .close),
        Rudeness("450 at RCPT", .recipient, .reply("450 4.2.1 later")),
        Rudeness("451 at RCPT", .recipient, .reply("451 4.7.1 greylisted")),
        Rudeness("452 at RCPT", .recipient, .reply("452 4.5.3 too many recipients")),
        Rudeness("454 at RCPT", .recipient, .reply("454 4.7.0 throttled")),
        Rudeness("550 at RCPT", .recipient, .reply("550 5.1.1 no such user")),
        Rudeness("closes at RCPT", .recipient, .close),

        Rudeness("421 at DATA", .data, .reply("421 4.7.0 closing"), .close),
        Rudeness("451 at DATA", .data, .reply("451 4.3.0 full")),
        Rudeness("452 at DATA", .data, .reply("452 4.3.1 disk full")),
        Rudeness("554 at DATA", .data, .reply("554 5.5.1 no valid recipients")),
        Rudeness("closes at DATA", .data, .close),
        Rudeness("asks for the body and closes", .data, .raw(Array("354 go on\r\n".utf8)), .close),

        Rudeness("421 after the dot", .message, .reply("421 4.3.0 closing"), .close),
        Rudeness("432 after the dot", .message, .reply("432 4.3.2 throttled")),
        Rudeness("451 after the dot", .message, .reply("451 4.3.0 full")),
        Rudeness("452 after the dot", .message, .reply("452 4.3.1 disk full")),
        Rudeness("552 after the dot, though its size was enough", .message, .reply("552 5.3.4 too big")),
        Rudeness("554 after the dot", .message, .reply("554 5.6.0 no")),
        Rudeness("takes nothing and closes", .message, .close),
        Rudeness("takes nothing and hangs", .message, .hang),
        Rudeness("takes it and closes", .message, .take, .close),
        Rudeness("takes it and hangs", .message, .take, .hang),
        Rudeness("takes it and answers nonsense", .message, .take, .reply("2x0 what"), .close),
        Rudeness("takes it and stops within its reply", .message, .take, .raw(Array("250-2.0.0 O".utf8)), .close),
        Rudeness("takes it, says so and closes", .message, .take, .reply("250 2.0.0 Ok: queued as QUEUED"), .close),
        Rudeness(
            "takes it and mangles its reply", .message, .take, .reply("250-2.0.0 Ok"), .reply("and now"), .reply("2"), .raw([0xFF, 0x0A]),
            .reply("250 2.0.0 queued as QUEUED")),
    ]
}
