/// Every message that this program writes: the one list of them.
package enum MailKind: String, CaseIterable, Sendable {
    // To members.
    case convocation
    /// A convocation to a sitting that takes the place of another.
    case changedDate = "changed-date"
    case supplement
    case changedPlace = "changed-place"
    case reminder
    case cancellation
    /// For information, to who is not convened.
    case copy
    case copyCancellation = "copy-cancellation"
    // To the clerk.
    case preview
    case previewAmendment = "preview-amendment"
    case summary
    case late = "alarm-late"
    case undelivered = "alarm-undelivered"
    case uncertain = "alarm-uncertain"
    case unwarned = "alarm-unwarned"
    case untold = "alarm-untold"
    case rejected = "alarm-rejected"
    /// Also to whoever mends the relay.
    case relay = "alarm-relay"
    /// As well.
    case clock = "alarm-clock"
    /// To whoever mends the service alone.
    case refused = "alarm-refused"

    /// Tells of what hasn't happened to the sitting: a preview of it invents that.
    package var isInventedInPreviews: Bool {
        switch self {
        case .convocation, .reminder, .cancellation, .copy, .copyCancellation, .preview: false
        default: true
        }
    }

    package var isForMembers: Bool {
        switch self {
        case .convocation, .changedDate, .supplement, .changedPlace, .reminder, .cancellation, .copy, .copyCancellation: true
        default: false
        }
    }
}
