import BerthLinux

extension Optional where Wrapped == OwnedDescriptor {
    /// Its number, if there is one.
    var number: Int32? {
        switch self {
        case .some(let descriptor): descriptor.number
        case .none: nil
        }
    }
}
