package import Council

extension Bilingual {
    package static func + (a: Bilingual, b: Bilingual) -> Bilingual { Bilingual(a.french + b.french, a.english + b.english) }

    package static func + (words: Bilingual, tail: String) -> Bilingual { Bilingual(words.french + tail, words.english + tail) }
}
