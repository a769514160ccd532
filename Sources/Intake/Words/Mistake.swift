/// Why something that a clerk dropped can't be taken, in a form that the templates put into words: what is wrong, where,
/// and what to do (`report/mistake.txt`, one section for each code).
package struct Mistake: Error, Hashable, Sendable {
    package let code: Code
    /// Line of `membres.csv` or `seance.yml`, from 1.
    package var line: Int?
    /// The file, folder, column or person it is about, ready to be shown.
    package var name: String
    /// A second one.
    package var other: String
    /// What was written.
    package var value: String
    package var count: Int
    /// What could have been written.
    package var known: [String]
    /// What was probably meant.
    package var near: String?

    package init(
        _ code: Code, line: Int? = nil, name: String = "", other: String = "", value: String = "", count: Int = 0,
        known: [String] = [], near: String? = nil
    ) {
        self.code = code
        self.line = line
        self.name = name
        self.other = other
        self.value = value
        self.count = count
        self.known = known
        self.near = near
    }

    package enum Code: String, Hashable, Sendable, CaseIterable {
        // The folder's name and the sitting's time.
        case noDate, noSuchDay, wrongWeekday, noHour, noSuchHour, noBody, unknownBody, past, tooLate, tooLateEvenUrgent, tooFar
        // Its files.
        case noDocument, noNumber, sameNumber, annexWithoutItem, numberNotInAgenda, noAgenda
        case emptyFile, symbolicLink, subfolder, specialFile, unreadableFile, damagedPDF, lockedPDF, damagedArchive, refusedType
        case tooLarge, tooManyFiles, unreadableName, linkedFolder, specialEntry
        // seance.yml.
        case descriptionName, descriptionSyntax, descriptionShape, descriptionTooLong, unknownKey, repeatedKey
        case badDate, badHour, textExpected, listExpected, urgencyWithoutReason, badAgendaNumber, sameAgendaNumber, emptyTitle
        case unknownConfidential, badVideoLink
        // What the store knows.
        case alreadyApproved, changedTime, unknownReplaced, replacedPast, replacesItself, replacedBefore, replacedCancelled
        case replacesOtherBody, endedReplaced, endedCancelled
        // Things beside the roll and the folders.
        case strayFile, rollAsWorkbook, rollOtherName, copiesAsWorkbook, copiesOtherName
        // The roll.
        case rollNotText, rollTooLong, rollEmpty, missingColumn, unknownColumn, repeatedColumn
        case unclosedQuote, badQuote, extraCells, garbled, missingFamilyName, missingGivenName, missingAddress
        case addressEmpty, addressNoAtSign, addressSeveralAtSigns, addressNoLocalPart, addressAccent, addressForbiddenCharacter
        case addressTooLong, addressBadDomain
        case duplicatePerson, duplicateAddress, noInstance, unknownInstance, unknownMode, unknownLanguage, noMember, massRemoval
        // The list of copies.
        case missingCommune, missingCopyAddress, duplicateCopy

        /// Something that `seance.yml` could have given.
        var isMissingPart: Bool { [.noDate, .noHour, .noBody, .noNumber, .noAgenda].contains(self) }
    }
}

/// Every mistake that was found, none left out: a clerk corrects once.
package struct Mistakes: Error, Hashable, Sendable {
    package let list: [Mistake]
    package init(_ list: [Mistake]) { self.list = list }
}

/// What doesn't prevent a sitting, but that a clerk will want to know before approving it (`report/warning.txt`).
package struct Warning: Hashable, Sendable {
    package let code: Code
    package var name: String
    package var value: String
    package var count: Int

    package init(_ code: Code, name: String = "", value: String = "", count: Int = 0) {
        self.code = code
        self.name = name
        self.value = value
        self.count = count
    }

    package enum Code: String, Hashable, Sendable, CaseIterable {
        case noNote, withoutNumber, gap, itemWithoutDocument, holidayNeeded, weekendNeeded, urgent, nobodyInBody
        case exposedHere, exposedElsewhere, exposesElsewhere, exposedBefore
        case likeSendFile, renamed, archive, unknownType, notSentTooLate, notSentNobody, notSentReplaced, notSentClock, sameDay,
            amendmentWaits
        case sharedMembers, sharedPlace
        case revivesReplaced, revivesCancelled
    }
}
