import Foundation

/// Reads and compiles the templates of one language.
struct Loader {
    let folders: [URL]
    let language: String

    struct Result {
        var templates: [String: CompiledTemplate] = [:]
        var mistakes: [TemplateMistake] = []
        var unused: [String] = []
    }

    func load(_ schemas: [TemplateSchema]) -> Result {
        var result = Result()
        guard folders.contains(where: { isFolder($0.appendingPathComponent(language)) }) else {
            result.mistakes = [TemplateMistake(file: language, line: nil, problem: .missingLanguageFolder)]
            return result
        }
        // A partial's reading fault is reported once, beside those of the templates.
        var faults: [String: TemplateMistake.Problem] = [:]
        var texts: [String: [UInt8]] = [:]
        for name in files() {
            switch read(name) {
            case .success(let bytes): texts[name] = bytes
            case .failure(let mistake): faults[name] = mistake.problem
            }
        }
        let sources = texts
        var compiler = TemplateCompiler(folder: language) { sources[$0] }
        var declared: Set<String> = []
        for schema in schemas {
            if !declared.insert(schema.name).inserted {
                result.mistakes.append(mistake(schema.name, .declaredTwice))
            } else if let text = texts[schema.name] {
                if text.allSatisfy({ $0 <= 0x20 }) { result.mistakes.append(mistake(schema.name, .emptyFile)) }
                result.templates[schema.name] = compiler.compile(schema, text)
            } else if faults[schema.name] == nil {
                result.mistakes.append(mistake(schema.name, .missingFile))
            }
        }
        let used = declared.union(compiler.partials)
        result.mistakes += faults.filter { used.contains($0.key) }.sorted { $0.key < $1.key }.map { mistake($0.key, $0.value) }
        result.mistakes += compiler.mistakes.filter { !isReadingFault($0, faults) }
        result.unused = Set(texts.keys).union(faults.keys).subtracting(used).sorted().map { "\(language)/\($0)" }
        return result
    }

    /// A partial that couldn't be read is reported as such, not as missing too.
    private func isReadingFault(_ mistake: TemplateMistake, _ faults: [String: TemplateMistake.Problem]) -> Bool {
        if case .missingPartial(let name) = mistake.problem { return faults[name] != nil }
        return false
    }

    private func mistake(_ name: String, _ problem: TemplateMistake.Problem) -> TemplateMistake {
        TemplateMistake(file: "\(language)/\(name)", line: nil, problem: problem)
    }

    private func read(_ name: String) -> Swift.Result<[UInt8], TemplateMistake> {
        let candidates = folders.map { $0.appendingPathComponent(language).appendingPathComponent(name) }
        guard let url = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
            return .failure(mistake(name, .missingFile))
        }
        do {
            var bytes = Array(try Data(contentsOf: url))
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
            guard String(validating: bytes, as: UTF8.self) != nil else { return .failure(mistake(name, .notUTF8)) }
            // Windows editors write CRLF; a template has one kind of line end, whatever wrote it.
            bytes = bytes.enumerated().filter { $1 != 0x0D || $0 + 1 >= bytes.count || bytes[$0 + 1] != 0x0A }.map(\.element)
            return .success(bytes)
        } catch {
            return .failure(mistake(name, .unreadable(error.localizedDescription)))
        }
    }

    /// Every file under the language's folder of any of `folders`, by path from there; hidden ones are not ours.
    private func files() -> Set<String> {
        var names: Set<String> = []
        for folder in folders {
            let top = folder.appendingPathComponent(language)
            guard let walk = FileManager.default.enumerator(atPath: top.path) else { continue }
            for case let path as String in walk where !isFolder(top.appendingPathComponent(path)) {
                if !path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) { names.insert(path) }
            }
        }
        return names
    }

    private func isFolder(_ url: URL) -> Bool {
        var folder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &folder) && folder.boolValue
    }
}
