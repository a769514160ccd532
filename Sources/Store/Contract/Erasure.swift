package import Council
package import Foundation

/// What was erased of a person, and what stays.
package struct Erasure: Hashable, Sendable {
    /// Convocations that were theirs: they stay as numbers, without anyone's name.
    package let convocations: Int
    /// All mails to the clerk that had left (previews, alarms, summaries), of whatever sitting, and all notices that were closed: they
    /// may name anyone.
    package let clerksMails: Int
    package let notices: Int
    /// Entries whose opening is gone: their leaves stay, and nobody can open them any more.
    package let entries: Int
    /// The entry that tells of the erasure, naming nobody.
    package let seq: UInt64

    package init(convocations: Int, entries: Int, clerksMails: Int, notices: Int, seq: UInt64) {
        self.clerksMails = clerksMails
        self.notices = notices
        self.convocations = convocations
        self.entries = entries
        self.seq = seq
    }
}

package protocol ErasureStorage: Sendable {
    /// People who are no longer on the roll and have not been erased, by number.
    func formerMembers() async throws -> [Member]
    /// Erases a person who is no longer on the roll and whose last sitting was before `limit`: what opens their entries'
    /// commitments, every version of their line, their messages, links and accesses; and, since they may name anyone, all clerk's
    /// mails that have left and notices that are closed. The public counts stay what they were. Journals `member.erased`, and
    /// leaves no byte of it in the storage's files.
    /// A crash before the commit leaves everything; after it, erased rows may still lie in the files' free space until this is
    /// called again (`clean` alone does it too).
    /// - Parameter acceptingClock: journals first, in the same transaction, that the clock was checked (`clock.checked`); not where the
    ///   erasure is refused.
    /// - Throws: `noSuchMember`, `stillListed`, `retained`, `alreadyErased`.
    func erase(_ member: MemberID, ifLastSittingBefore limit: Date, acceptingClock: Bool, at now: Date) async throws -> Erasure
    /// Writes the storage's files anew from what they hold, so that nothing that was deleted can be read from them.
    func clean() async throws
}
