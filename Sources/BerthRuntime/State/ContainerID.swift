/// A container's name: part of paths and of cgroups, so one that is neither hidden nor leads elsewhere.
struct ContainerID: Equatable, CustomStringConvertible {
    let description: String

    /// Takes letters, digits and `_ + - .`, as runc does, at most 255 of them (the longest file name).
    init(_ text: String) throws(Failure) {
        let others = "_+-."
        let isName = text.utf8.allSatisfy { byte in
            let scalar = Unicode.Scalar(byte)
            return byte < 0x80
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || others.unicodeScalars.contains(scalar))
        }
        guard isName, !text.isEmpty, text.utf8.count <= 255, text != ".", text != ".." else {
            throw Failure(
                "invalid container ID \"\(text)\": write 1 to 255 letters, digits and characters of \"\(others)\"")
        }
        description = text
    }
}
