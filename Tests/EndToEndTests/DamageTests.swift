import Foundation
import TestSupport
import Testing

/// `ledger audit` as IT runs it, on a whole installation that something has happened to.
@Suite(.serialized) struct DamageTests {
    /// Made once: a sitting's whole way, stopped.
    private static let made = Task {
        let folder = try TemporaryFolder()
        let data = folder["demo"]
        let result = try Tool.run(try Gatehouse.program(), ["demo", "--once", "--data", data.path])
        try #require(result.status == 0, "\(result.text)\(result.errors)")
        // A process that ends before its last connection is closed leaves what it wrote in the log, which then counts instead of the
        // file. An orderly close moves it there.
        _ = try TestStorage.open(data)
        let log = data.path + "/appariteur.db-wal"
        let left = try FileManager.default.attributesOfItem(atPath: FileManager.default.fileExists(atPath: log) ? log : "/dev/null")[.size]
        try #require(left as? Int == 0)
        return folder
    }

    private func audit(_ data: URL, language: String = "fr_FR.UTF-8") throws -> ToolResult {
        try Tool.run(try Gatehouse.program(), ["ledger", "audit", "--data", data.path], environment: ["LC_ALL": language])
    }

    @Test(.timeLimit(.minutes(15)))
    func `one changed byte of any kind of file is found, and named in both languages`() async throws {
        let data = try await Self.made.value["demo"]
        let whole = try audit(data)
        #expect(whole.status == 0, "\(whole.text)")
        var kinds: [String: String] = [:]
        for case let name as String in try #require(FileManager.default.enumerator(atPath: data.path)) {
            let kind =
                switch name {
                case "appariteur.db", "ledger/checkpoint", "ledger/vkey": name
                case _ where name.hasPrefix("ledger/tile/entries/"): "bundle"
                case _ where name.hasPrefix("ledger/tile/"): "tile"
                case _ where name.hasPrefix("ledger/anchors/"):
                    "anchor \((name as NSString).pathExtension) \((name as NSString).lastPathComponent)"
                case _ where name.hasPrefix("documents/"): "document"
                default: ""
                }
            var isFolder: ObjCBool = false
            let file = data.appendingPathComponent(name)
            if FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder), !isFolder.boolValue, !kind.isEmpty {
                kinds[kind] = name
            }
        }
        #expect(kinds.count >= 8, "\(kinds)")
        var generator = SeededGenerator(seed: 11)
        for (kind, name) in kinds.sorted(by: { $0.key < $1.key }) {
            let file = data.appendingPathComponent(name)
            let bytes = try Data(contentsOf: file)
            let modes = try FileManager.default.attributesOfItem(atPath: file.path)
            for _ in 0..<(kind == "appariteur.db" ? 12 : 2) {
                let place = Int.random(in: bytes.indices, using: &generator)
                var damaged = bytes
                damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                try FileManager.default.removeItem(at: file)
                try damaged.write(to: file)
                let result = try audit(data)
                #expect(
                    result.status == 1 && result.text.contains("\n") && !result.text.isEmpty,
                    "\(name), byte \(place): \(result.text)\(result.errors)")
                if kind == "appariteur.db" {
                    let page = place / 4096 + 1
                    #expect(result.text.contains("page \(page) "), "byte \(place): \(result.text)\(result.errors)")
                    #expect(try audit(data, language: "en_GB.UTF-8").text.contains("page \(page) "))
                }
            }
            try FileManager.default.removeItem(at: file)
            try bytes.write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: modes[.posixPermissions] ?? 0o600], ofItemAtPath: file.path)
        }
        #expect(try audit(data).status == 0)
    }

    @Test(.timeLimit(.minutes(15)))
    func `a public folder that is gone is told of, its database and documents are audited, and rebuild brings it back`() async throws {
        let folder = try await Self.made.value
        let data = folder["unpublished"]
        try FileManager.default.copyItem(at: folder["demo"], to: data)
        let configuration = data.appendingPathComponent("appariteur.yml")
        let text = try String(contentsOf: configuration, encoding: .utf8)
        try Data(text.replacing(folder["demo"].path, with: data.path).utf8).write(to: configuration)
        try FileManager.default.removeItem(at: data.appendingPathComponent("ledger"))
        let lost = try audit(data)
        #expect(lost.status == 1 && lost.text.contains("vkey : la clé publiée manque"), "\(lost.text)\(lost.errors)")
        #expect(lost.text.contains("appariteur ledger rebuild") && !lost.text.contains("en base 0") && !lost.text.contains("documents 0"))
        func run(_ arguments: [String]) throws -> ToolResult {
            try Tool.run(
                try Gatehouse.program(), arguments + ["--config", configuration.path], environment: ["LC_ALL": "fr_FR.UTF-8"])
        }
        let check = try run(["check"])
        #expect((check.text + check.errors).contains("le dossier public"), "\(check.text)\(check.errors)")
        #expect(try run(["ledger", "rebuild"]).status == 0)
        let whole = try audit(data)
        #expect(whole.status == 0, "\(whole.text)\(whole.errors)")
        // Beside what can't be a register.
        let program = try Gatehouse.program()
        for arguments in [
            ["--public", folder.url.path], ["--public", data.path], ["--data", data.appendingPathComponent("appariteur.db").path],
        ] {
            let result = try Tool.run(program, ["ledger", "audit"] + arguments)
            #expect(result.status == 2 && !result.errors.contains("chmod"), "\(arguments): \(result.text)\(result.errors)")
        }
        #expect(try Tool.run(program, ["ledger", "audit", "--data", data.path, "--public", data.path]).status != 0)
    }

    @Test(.timeLimit(.minutes(15)))
    func `a damaged secret key, a file of roots and a configuration that can't be read are told of`() async throws {
        let data = try await Self.made.value["demo"]
        let folder = try TemporaryFolder()
        let copy = folder["copie"]
        try FileManager.default.copyItem(at: data, to: copy)
        func with(_ name: String, _ change: (inout Data) -> Void, _ look: (ToolResult) throws -> Void) throws {
            let file = copy.appendingPathComponent(name)
            let before = try Data(contentsOf: file)
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] ?? 0o600
            for bytes in [
                {
                    var bytes = before; change(&bytes); return bytes
                }(), before,
            ] {
                try FileManager.default.removeItem(at: file)
                try bytes.write(to: file)
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
                if bytes != before { try look(audit(copy)) }
            }
        }
        for place in [0, 21, 42] {
            try with("keys/ledger.key", { $0[place] ^= 2 }) { result in
                #expect(result.status == 1 && result.text.contains("keys/ledger.key :"), "\(place): \(result.text)\(result.errors)")
            }
        }
        try with("keys/links.keys", { $0.removeLast(8) }) { result in
            #expect(result.status == 1 && result.text.contains("keys/links.keys :"), "\(result.text)\(result.errors)")
        }
        try with("horodatage-demonstration.pem", { $0[0] ^= 1 }) { result in
            #expect(result.status == 0 && result.text.contains("à savoir") && result.text.contains("horodatage-demonstration.pem"))
        }
        try with("appariteur.yml", { $0 += Data("\nunknown: 1\n".utf8) }) { result in
            #expect(result.status == 0 && result.text.contains("à savoir") && result.text.contains("appariteur.yml"), "\(result.text)")
        }
        let whole = try audit(copy)
        #expect(whole.status == 0 && !whole.text.contains("à savoir"), "\(whole.text)")
    }

    @Test(.timeLimit(.minutes(15)))
    func `on a full disk the audit reads what is there, and who must write says that it is full, not that something is damaged`()
        async throws
    {
        let data = try await Self.made.value["demo"]
        let folder = try TemporaryFolder()
        let place = folder["disque"]
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let script = """
            mount -t tmpfs -o size=6m none "$1" || { echo "no small disk is allowed here" >&2; exit 9; }
            cp -a "$2/." "$1/" && rm -f "$1"/appariteur.db-*; sed -i "s#^folders:.*#folders: { data: ., drop: $1/Depot }#" "$1/appariteur.yml"
            dd if=/dev/zero of="$1/fill" bs=1k 2>/dev/null && { echo "the disk isn't full" >&2; exit 9; }
            "$0" ledger audit --data "$1"; echo "audit $?"
            "$0" members import "$3" --config "$1/appariteur.yml" 2>&1; echo "import $?"
            timeout 20 "$0" serve --config "$1/appariteur.yml" 2>&1; echo "serve $?"
            rm "$1/fill"; "$0" ledger audit --data "$1"; echo "audit $?"
            """
        let roll = folder["membres.csv"]
        try Data("Civilité;Nom;Prénom;Courriel;Instances;Mode\nMme;Un;Une;une@valmoree.example;conseil;électronique\n".utf8).write(to: roll)
        let result = try await aside {
            try Tool.run(
                "unshare", ["-m", "sh", "-c", script, try Gatehouse.program(), place.path, data.path, roll.path],
                environment: ["LC_ALL": "fr_FR.UTF-8"])
        }
        let text = result.text + result.errors
        #expect(result.text.split(separator: "\n").filter { $0 == "audit 0" }.count == 2, "\(text)")
        #expect(result.text.contains("import 2") && result.text.contains("serve 2"), "\(text)")
        #expect(result.text.components(separatedBy: "le disque est plein").count == 3, "\(text)")
        #expect(!text.contains("abîmé") && !text.contains("panne"), "\(text)")
    }

    @Test(.timeLimit(.minutes(15)), arguments: [false, true])
    func `a read-only disk is audited as it lies there, with and without a log`(hasLog: Bool) async throws {
        let data = try await Self.made.value["demo"]
        let folder = try TemporaryFolder()
        let copy = folder["copie"]
        try FileManager.default.copyItem(at: data, to: copy)
        if hasLog {
            // Held open, so that the log stays; then the files are copied again, as a crash leaves them.
            let output = try TemporaryFolder()
            let other = try ChildProcess(
                "sqlite3",
                [
                    "-cmd", "UPDATE notice SET closed_at = closed_at", "-cmd", ".shell echo open",
                    copy.appendingPathComponent("appariteur.db").path,
                ],
                output: output["said"], holdsInput: true)
            try await output["said"].says("open\n")
            for name in ["appariteur.db", "appariteur.db-wal"] {
                try FileManager.default.copyItem(at: copy.appendingPathComponent(name), to: folder[name])
            }
            other.closeInput()
            try await aside { _ = other.wait() }
            for name in ["appariteur.db", "appariteur.db-wal"] {
                try? FileManager.default.removeItem(at: copy.appendingPathComponent(name))
                try FileManager.default.moveItem(at: folder[name], to: copy.appendingPathComponent(name))
            }
        }
        let before = try FileManager.default.contentsOfDirectory(atPath: copy.path).sorted()
        // A mount of its own, which goes with the shell. Where it isn't allowed, the test says so and fails.
        let script = """
            mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || { echo "no read-only mount is allowed here" >&2; exit 9; }
            touch "$1/x" 2>/dev/null && { echo "the disk can be written" >&2; exit 9; }
            exec "$0" ledger audit --data "$1"
            """
        let result = try Tool.run(
            "unshare", ["-m", "sh", "-c", script, try Gatehouse.program(), copy.path], environment: ["LC_ALL": "fr_FR.UTF-8"])
        #expect(result.status == 0 && result.text.contains("Intact"), "\(result.status): \(result.text)\(result.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: copy.path).sorted() == before)
    }

    @Test func `a published register without its database is told as what it is`() async throws {
        let folder = try TemporaryFolder()
        let copy = folder["copy"]
        try FileManager.default.copyItem(at: try await Self.made.value["demo"], to: copy)
        for name in try FileManager.default.contentsOfDirectory(atPath: copy.path) where name.hasPrefix("appariteur.db") {
            try FileManager.default.removeItem(at: copy.appendingPathComponent(name))
        }
        for (language, words) in [("fr_FR.UTF-8", "n'est plus là"), ("en_GB.UTF-8", "is gone")] {
            let result = try audit(folder["copy"], language: language)
            let isTold = result.errors.contains(words) && result.errors.contains("keys/")
            #expect(result.status == 2 && isTold, "\(result.status) \(result.errors)")
        }
    }

    @Test(arguments: [
        ["members", "list"], ["sittings", "list"], ["proof", "export", "--sitting", "x", "-o", "x"], ["ledger", "rebuild"],
        ["ledger", "audit"],
    ])
    func `a mistyped data folder makes no installation`(words: [String]) throws {
        let house = try Gatehouse(relay: "{ host: 127.0.0.1, port: 9, tls: none, heloName: gateway.test }")
        let mistyped = house.folder["donnes"]
        let result = try Tool.run(
            try Gatehouse.program(), words + ["--config", house.configuration.path, "--data", mistyped.path],
            environment: ["LC_ALL": "fr_FR.UTF-8"])
        #expect(result.status == 2 && result.errors.contains(mistyped.path), "\(result.status) \(result.errors)\(result.text)")
        #expect(!FileManager.default.fileExists(atPath: mistyped.path))
        // Nor one in a folder that is somebody else's.
        try house.folder.write("note", to: "donnes/note.txt")
        let other = try Tool.run(
            try Gatehouse.program(), words + ["--config", house.configuration.path, "--data", mistyped.path],
            environment: ["LC_ALL": "en_GB.UTF-8"])
        #expect(other.status == 2 && other.errors.contains(mistyped.path), "\(other.status) \(other.errors)\(other.text)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: mistyped.path) == ["note.txt"])
    }
}
