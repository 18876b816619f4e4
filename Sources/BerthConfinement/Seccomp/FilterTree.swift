import CSeccomp

/// The BPF of a ``SyscallTable``: a search tree over its spans, each leaf a verdict.
///
/// Neighbouring numbers mostly share a verdict, so that the standard policy's 300 calls are some 60 spans, and six
/// comparisons find one. The kernel runs a filter once for each number when it is loaded: this one loads in half the
/// time of libseccomp's balanced tree over single numbers, which has three times the instructions.
struct FilterTree {
    /// The machine's AUDIT_ARCH_ value.
    static var nativeArchitecture: UInt32 { seccomp_arch_native() }

    let instructions: [BPFInstruction]

    init(_ table: SyscallTable) {
        let head: [BPFInstruction] = [
            .load(offset: SeccompData.architecture),
            .ifEqual(to: Self.nativeArchitecture, skip: 1),
            .end(.killProcess),
            .load(offset: SeccompData.number),
        ]
        instructions = head + Self.search(table.spans[...])
    }

    /// Finds the number, which is in the accumulator, among the spans.
    private static func search(_ spans: ArraySlice<SyscallTable.Span>) -> [BPFInstruction] {
        if spans.count == 1 { return spans.flatMap { leaf($0.verdict) } }
        let middle = (spans.startIndex + spans.endIndex) / 2
        let (below, above) = (search(spans[..<middle]), search(spans[middle...]))
        let first = spans[middle].first
        if let count = UInt8(exactly: below.count) { return [.ifAtLeast(first, skip: count)] + below + above }
        // A conditional jump reaches 255 instructions, a plain one any.
        return [.ifAtLeast(first, skip: 1), .skip(1), .skip(UInt32(below.count))] + below + above
    }

    private static func leaf(_ verdict: SyscallTable.Verdict) -> [BPFInstruction] {
        switch verdict {
        case .action(let action): [.end(action)]
        case .rules(let rules, let otherwise): rules.flatMap(alternative) + [.end(otherwise)]
        }
    }

    /// Ends with the rule's action if all its tests pass, and goes on behind itself if one fails.
    private static func alternative(_ rule: SeccompRule) -> [BPFInstruction] {
        var instructions: [BPFInstruction] = [.end(rule.action)]
        for half in rule.arguments.flatMap(halves).reversed() {
            let rest = UInt32(instructions.count)
            let masked: [BPFInstruction] = half.mask == .max ? [] : [.and(half.mask)]
            instructions =
                [.load(offset: half.offset)] + masked + [.ifEqual(to: half.value, skip: 1), .skip(rest)] + instructions
        }
        return instructions
    }

    /// BPF compares 32 bits at a time; a half of which the test wants nothing is left out.
    private static func halves(_ test: ArgumentTest) -> [(offset: UInt32, mask: UInt32, value: UInt32)] {
        [UInt64(0), 32].compactMap { shift in
            let mask = UInt32(truncatingIfNeeded: test.mask >> shift)
            let value = UInt32(truncatingIfNeeded: test.value >> shift)
            let offset = SeccompData.argument(test.index, isHigh: shift == 32)
            return mask == 0 && value == 0 ? nil : (offset, mask, value)
        }
    }
}
