import CBerthPlan

/// A launch plan being laid out: header, pointer area, then whatever is added, each at the alignment it needs.
struct PlanBuffer {
    private var bytes = [UInt8](repeating: 0, count: MemoryLayout<berth_plan>.stride)
    private var offsets: [Text: UInt32] = [:]
    private let pointersStart = MemoryLayout<berth_plan>.stride
    private var pointers: [UInt64] = []
    private var pointerCapacity = 0

    /// Makes room for the entries of all lists, their ends included. Call it once, before anything is added.
    mutating func reservePointers(_ count: Int) {
        pointerCapacity = count
        bytes += [UInt8](repeating: 0, count: count * MemoryLayout<UInt64>.stride)
    }

    /// A text, NUL-terminated; the same text is stored once. A NUL inside it ends it, as everywhere in the kernel.
    mutating func add(_ text: String) -> UInt32 {
        let text = Text(characters: Array(text.utf8))
        if let known = offsets[text] { return known }
        let offset = UInt32(bytes.count)
        bytes += text.characters
        bytes.append(0)
        offsets[text] = offset
        return offset
    }

    /// A list of texts, as an argv is one.
    mutating func add(list: [String]) -> UInt32 {
        let offset = UInt32(pointersStart + pointers.count * MemoryLayout<UInt64>.stride)
        for text in list { pointers.append(UInt64(add(text))) }
        pointers.append(0)
        return offset
    }

    mutating func add<Element>(array: [Element], alignment: Int) -> UInt32 {
        align(to: alignment)
        let offset = UInt32(bytes.count)
        array.withUnsafeBytes { bytes += $0 }
        return offset
    }

    mutating func add(operations: [Operation]) -> UInt32 {
        let laidOut = operations.map { operation in
            var plan = berth_operation()
            plan.code = UInt32(operation.code)
            let n = operation.numbers + [UInt64](repeating: 0, count: max(0, 6 - operation.numbers.count))
            plan.number = (n[0], n[1], n[2], n[3], n[4], n[5])
            if let list = operation.list { plan.list = add(list: list) }
            var texts = operation.texts.map { add($0) }
            if let raw = operation.bytes { texts.insert(add(array: raw, alignment: 8), at: 0) }
            let lists = [operation.secondList, operation.thirdList].compactMap { $0 }
            texts.insert(contentsOf: lists.map { add(list: $0) }, at: 0)
            texts += [0, 0, 0]
            plan.text = (texts[0], texts[1], texts[2])
            return plan
        }
        return add(array: laidOut, alignment: 8)
    }

    /// The whole buffer; its last byte is NUL.
    consuming func finish(_ header: berth_plan) -> [UInt8] {
        precondition(pointers.count == pointerCapacity, "the pointer area is not what was reserved")
        align(to: 8)
        bytes += [UInt8](repeating: 0, count: 8)
        var header = header
        header.size = UInt64(bytes.count)
        header.pointers = UInt32(pointersStart)
        header.pointer_count = UInt32(pointers.count)
        withUnsafeBytes(of: header) { bytes.replaceSubrange(0..<$0.count, with: $0) }
        pointers.withUnsafeBytes { bytes.replaceSubrange(pointersStart..<pointersStart + $0.count, with: $0) }
        return bytes
    }

    private mutating func align(to alignment: Int) {
        while bytes.count % alignment != 0 { bytes.append(0) }
    }
}

/// A text by its bytes: to `String`, texts that differ only in how an accent is composed are equal.
private struct Text: Hashable {
    var characters: [UInt8]

    /// At once, where an array hashes one element after the other.
    func hash(into hasher: inout Hasher) { characters.withUnsafeBytes { hasher.combine(bytes: $0) } }
}
