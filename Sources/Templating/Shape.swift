/// A schema's scope with its names in a fixed order: values are laid out in that order once, and the compiled template
/// finds them by place, without looking a name up again.
final class Shape: Sendable {
    enum Field: Sendable {
        case text
        case html
        case flag
        case list(Shape)
        case object(Shape)
    }

    /// Sorted.
    let names: [String]
    let fields: [Field]
    private let places: [String: Int]

    init(_ fields: [String: TemplateField]) {
        let sorted = fields.sorted { $0.key < $1.key }
        names = sorted.map(\.key)
        self.fields = sorted.map { entry in
            switch entry.value {
            case .text: .text
            case .html: .html
            case .flag: .flag
            case .list(let inner): .list(Shape(inner))
            case .object(let inner): .object(Shape(inner))
            }
        }
        places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    }

    func place(of name: some StringProtocol) -> Int? { places[String(name)] }

    /// Lays `context` out in the order of `names`. Throws on the first name that is missing, too many or of another kind.
    func bind(_ context: [String: TemplateValue], template: String, path: String = "") throws(TemplateError) -> [Bound] {
        var bound: [Bound] = []
        bound.reserveCapacity(names.count)
        for (name, field) in zip(names, fields) {
            guard let value = context[name] else { throw .missing(path + name, template: template) }
            switch (field, value) {
            case (.text, .text(let text)): bound.append(.text(text))
            case (.html, .html(let html)): bound.append(.html(html.markup))
            case (.flag, .flag(let flag)): bound.append(.flag(flag))
            case (.object(let shape), .object(let inner)):
                bound.append(.object(try shape.bind(inner, template: template, path: path + name + ".")))
            case (.list(let shape), .list(let rows)):
                var bounds: [[Bound]] = []
                bounds.reserveCapacity(rows.count)
                for (index, row) in rows.enumerated() {
                    do throws(TemplateError) {
                        bounds.append(try shape.bind(row, template: template))
                    } catch {
                        throw error.under("\(path)\(name)[\(index)].")
                    }
                }
                bound.append(.list(bounds))
            default: throw .wrongKind(path + name, template: template)
            }
        }
        if context.count > names.count, let extra = context.keys.sorted().first(where: { places[$0] == nil }) {
            throw .unexpected(path + extra, template: template)
        }
        return bound
    }
}

enum Bound: Sendable {
    case text(String)
    case html(String)
    case flag(Bool)
    case list([[Bound]])
    case object([Bound])
}

extension TemplateError {
    fileprivate func under(_ prefix: String) -> TemplateError {
        switch self {
        case .noSuchTemplate: self
        case .missing(let path, let template): .missing(prefix + path, template: template)
        case .unexpected(let path, let template): .unexpected(prefix + path, template: template)
        case .wrongKind(let path, let template): .wrongKind(prefix + path, template: template)
        }
    }
}
