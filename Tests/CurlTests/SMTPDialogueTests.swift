import Curl
import Testing

@Suite("What a relay's lines say about how far a message got")
struct SMTPDialogueTests {
    static func dialogue(_ lines: [String]) -> SMTPDialogue {
        var dialogue = SMTPDialogue()
        for line in lines { _ = dialogue.take(Array((line + "\r\n").utf8)) }
        return dialogue
    }

    @Test(
        "each step of a new connection, with TLS and a login",
        arguments: [
            (0, SMTPDialogue.Stage.greeting), (1, .hello), (2, .hello), (3, .sender), (4, .hello), (5, .sender), (6, .sender),
            (7, .sender), (8, .recipient), (9, .data), (10, .body), (11, .answered),
        ])
    func steps(_ count: Int, _ stage: SMTPDialogue.Stage) {
        let lines = [
            "220 relay", "250-relay", "250 STARTTLS", "220 go ahead", "250 AUTH PLAIN", "334 ", "235 welcome", "250 sender ok",
            "250 recipient ok", "354 go", "250 2.0.0 queued as 1234",
        ]
        #expect(Self.dialogue(Array(lines.prefix(count))).end(fresh: true).stage == stage)
    }

    @Test("a refused sender and a refused recipient are told apart")
    func refusals() {
        #expect(Self.dialogue(["550 no"]).end(fresh: false).stage == .sender)
        #expect(Self.dialogue(["250 ok", "550 no"]).end(fresh: false).stage == .recipient)
        #expect(Self.dialogue(["220 hi", "250 relay", "550 no"]).end(fresh: true).stage == .sender)
        #expect(Self.dialogue(["220 hi", "250 relay", "250 ok", "550 no"]).end(fresh: true).stage == .recipient)
        #expect(Self.dialogue(["250 ok", "251 will forward", "554 no"]).end(fresh: false).stage == .data)
    }

    @Test("what is said after the decisive reply doesn't count")
    func afterwards() {
        let quit = Self.dialogue(["250 ok", "550 no such user", "421 whatever QUIT gets"]).end(fresh: false)
        #expect(quit.stage == .recipient)
        #expect(quit.reply?.code == 550)
        let late = Self.dialogue(["250 ok", "250 ok", "354 go", "250 taken", "421 bye"]).end(fresh: false)
        #expect(late.stage == .answered)
        #expect(late.reply?.code == 250)
        #expect(Self.dialogue(["535 no", "221 bye"]).end(fresh: false).reply?.code == 535)
        #expect(Self.dialogue(["504 no PLAIN", "334 VXNlcm5hbWU6", "235 in", "250 ok"]).end(fresh: false).reply == nil)
    }

    @Test("a server without EHLO is heard after HELO")
    func hello() {
        #expect(Self.dialogue(["220 hi", "502 what", "250 relay"]).end(fresh: true).stage == .sender)
    }

    @Test("several lines are one reply; garbage between them ends none; a bare code is a reply")
    func lines() {
        let dialogue = Self.dialogue(["250-one", "nonsense", "250-two", "250 three", "354", "25", "4x1 no"])
        #expect(dialogue.replies.map(\.code) == [250, 354])
        #expect(dialogue.replies.first?.lines == ["250-one", "nonsense", "250-two", "250 three"])
    }

    @Test("control characters and bytes that are no text can't reach a log")
    func controls() {
        var dialogue = SMTPDialogue()
        _ = dialogue.take(Array("550 a\u{1B}[31mb\tc".utf8) + [0xFF, 0x0D, 0x0A])
        #expect(dialogue.replies.first?.lastLine == "550 a?[31mb?c\u{FFFD}")
    }

    @Test("endless talk is not listened to")
    func endless() {
        var dialogue = SMTPDialogue()
        var heard = 0
        while dialogue.take(Array("250-more\r\n".utf8)) { heard += 1 }
        #expect(heard == 1000)
    }
}
