/// Every fault of one request, in the order in which AWS would find them.
///
/// AWS reports one fault a call. Berth reports all: the text begins with the first exactly as AWS words it, so that
/// clients that match on texts still do, and the others follow in brackets.
struct Faults {
    private var found: [ServiceError] = []

    /// Notes a fault that AWS words as a ClientException, as it does for nearly all of a task definition's.
    mutating func client(_ message: String) { add(.client(message)) }

    /// Notes a fault in a parameter of the call.
    mutating func parameter(_ message: String) { add(.invalidParameter(message)) }

    /// Notes a fault; one that says the same as an earlier one adds nothing.
    mutating func add(_ fault: ServiceError) {
        if !found.contains(fault) { found.append(fault) }
    }

    /// The code and text of the first fault with the others' texts behind it, nil when there is none.
    var error: ServiceError? {
        guard var error = found.first else { return nil }
        if found.count > 1 {
            error.message += " (also: " + found.dropFirst().map(\.message).joined(separator: "; ") + ")"
        }
        return error
    }

    /// Throws ``error`` when there is one.
    func check() throws(ServiceError) {
        if let error { throw error }
    }
}
