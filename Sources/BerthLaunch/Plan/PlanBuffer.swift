import CBerthPlan

/// A launch plan being laid out: header, pointer area, then whatever is added, each at the alignment it needs.
struct PlanBuffer {
    private var bytes = [UInt8](repeating: 0, count: MemoryLayout<berth_plan>.stride)
    private var offsets: [Text: UInt32] = [:]
    private let pointersStart = MemoryLayout<berth_plan>.stride
    private var pointers: [UInt64] = []
    private var pointerCapacity = 0
    /// Of a task with one container, and some room.
    private static let usualSize = 16 << 10

    /// Makes room for the entries of all lists, their ends included. Call it once, before anything is added.
    mutating func reservePointers(_ count: Int) {
        pointerCapacity = count
        pointers.reserveCapacity(count)
        offsets.reserveCapacity(count)
        bytes.reserveCapacity(Self.usualSize)
        bytes += [UInt8](repeating: 0, count: count * MemoryLayout<UInt64>.stride)
    }

    /// A text, NUL-terminated; the same text is stored once. A NUL inside it ends it, as everywhere in the kernel.
    mutating func add(_ text: String) -> UInt32 {
        let key = Text(content: text)
        if let known = offsets[key] { return known }
        let offset = UInt32(bytes.count)
        bytes += text.utf8
        bytes.append(0)
        offsets[key] = offset
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
        add(array: operations.map { layOut($0) }, alignment: 8)
    }

    private mutating func layOut(_ operation: Operation) -> berth_operation {
        var plan = berth_operation()
        plan.code = UInt32(operation.code)
        withUnsafeMutableBytes(of: &plan.number) { number in
            operation.numbers.withUnsafeBytes { number.copyMemory(from: $0) }
        }
        if let list = operation.list { plan.list = add(list: list) }
        var texts = InlineArray<3, UInt32>(repeating: 0)
        var count = 0
        func put(_ offset: UInt32) {
            texts[count] = offset
            count += 1
        }
        if let list = operation.secondList { put(add(list: list)) }
        if let list = operation.thirdList { put(add(list: list)) }
        if let raw = operation.bytes { put(add(array: raw, alignment: 8)) }
        for text in operation.texts { put(add(text)) }
        plan.text = (texts[0], texts[1], texts[2])
        return plan
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
    var content: String

    static func == (one: Text, other: Text) -> Bool { one.content.utf8.elementsEqual(other.content.utf8) }

    func hash(into hasher: inout Hasher) {
        var content = content
        content.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
