/// A JSON object in canonical form (RFC 8785): found in one pass where that is possible, else parsed.
package enum CanonicalObject {
    case plain(CanonicalFields)
    case parsed(JSON)

    /// Nil: not an object in canonical form.
    package init?(_ bytes: [UInt8]) {
        if let fields = CanonicalFields(scanning: bytes) {
            self = .plain(fields)
            return
        }
        // Bytes that aren't JSON have no canonical form: that is the answer.
        guard let value = try? JSON(parsing: bytes), value.fields != nil, value.canonical == bytes else { return nil }
        self = .parsed(value)
    }

    package func text(_ name: StaticString) -> String? {
        switch self {
        case .plain(let fields): fields.string(name)
        case .parsed(let value): value["\(name)"]?.text
        }
    }

    package func whole(_ name: StaticString) -> Int64? {
        switch self {
        case .plain(let fields): fields.whole(name)
        case .parsed(let value): value["\(name)"]?.whole
        }
    }

    package func flag(_ name: StaticString) -> Bool? {
        switch self {
        case .plain(let fields): fields.flag(name)
        case .parsed(let value): value["\(name)"]?.flag
        }
    }

    /// The member's value in its canonical form.
    package func written(_ name: StaticString) -> [UInt8]? {
        switch self {
        case .plain(let fields): fields.written(name).map { Array($0) }
        case .parsed(let value): value["\(name)"]?.canonical
        }
    }

    package func has(_ name: StaticString) -> Bool {
        switch self {
        case .plain(let fields): fields.written(name) != nil
        case .parsed(let value): value["\(name)"] != nil
        }
    }

    /// True also where this one doesn't have it.
    package func agrees(with other: CanonicalObject, on name: StaticString) -> Bool {
        if case .plain(let own) = self, case .plain(let theirs) = other {
            guard let mine = own.written(name) else { return true }
            return theirs.written(name).map { $0.elementsEqual(mine) } ?? false
        }
        guard let mine = written(name) else { return true }
        return other.written(name) == mine
    }
}
