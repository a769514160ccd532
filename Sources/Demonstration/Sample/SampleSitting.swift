package import Council
package import Foundation

/// What a clerk drops, for the demonstration: a roll of forty members and one sitting with a dozen documents.
package struct SampleSitting: Sendable {
    /// An invented authority; its SIREN is invented too, with a right check digit.
    package static func authority(timeZone: TimeZone) -> Authority {
        Authority(
            name: "Communauté de communes du Pays de Valmorée", siren: "999000011", timeZone: timeZone,
            bodies: [
                Body(
                    id: BodyID(rawValue: "conseil"), name: "Conseil communautaire", aliases: ["Conseil"], notice: NoticeRule(clearDays: 5)),
                Body(id: BodyID(rawValue: "bureau"), name: "Bureau communautaire", aliases: ["Bureau"], notice: NoticeRule(clearDays: 3)),
            ])
    }

    /// An evening, the first Tuesday or Thursday at least eight days ahead, so that five clear days hold.
    package let when: CivilDateTime
    /// `2026-12-15 18h30 Conseil communautaire`
    package let folderName: String

    private let authorityName: String
    private let writtenAt: Date

    /// - Parameter body: the name by which the folder convenes, as the configuration knows it.
    package init(authority: Authority, body: String = "Conseil communautaire", clock: WallClock) {
        authorityName = authority.name
        writtenAt = clock.now()
        var day = CivilDate(of: writtenAt, in: authority.timeZone).adding(days: 8)
        while day.weekday != 2 && day.weekday != 4 { day = day.adding(days: 1) }
        // 18:30 is an hour of any day.
        when = CivilDateTime(date: day, hour: 18, minute: 30) ?? CivilDateTime(of: writtenAt, in: authority.timeZone)
        folderName = "\(day) 18h30 \(body)"
    }

    /// Writes the roll as `membres.csv` of the drop folder.
    package func writeRoll(to dropFolder: URL) throws {
        try FileManager.default.createDirectory(at: dropFolder, withIntermediateDirectories: true)
        try Data(SampleRoll.bytes()).write(to: dropFolder.appendingPathComponent("membres.csv"))
    }

    /// Writes the sitting's folder, file by file, as a clerk's copy does. Answers where.
    @discardableResult
    package func writeFolder(to dropFolder: URL) throws -> URL {
        let folder = dropFolder.appendingPathComponent(folderName, isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for document in documents() {
            try Data(document.bytes).write(to: folder.appendingPathComponent(document.fileName))
        }
        try Data(description.utf8).write(to: folder.appendingPathComponent("seance.yml"))
        return folder
    }

    /// Every document with its file name, in reading order.
    package func documents() -> [(fileName: String, bytes: [UInt8])] {
        // A council votes the next year's budget at the year's end.
        let year = when.date.month >= 9 ? when.date.year + 1 : when.date.year
        return SampleDocuments(year: year).all.map { document in
            let writer = PDFWriter(title: document.title, header: authorityName, author: authorityName, createdAt: writtenAt)
            return ("\(document.label) \(document.title).pdf", writer.bytes([.title(document.title)] + document.blocks))
        }
    }

    /// The text of its `seance.yml`.
    package var description: String {
        """
        # Ce que le nom du dossier ne dit pas.
        lieu: Salle du conseil, 2 place de la Halle, Valmorée
        confidentiel:
          - "05.1 Rapport d'analyse des offres.pdf"

        """
    }
}
