import BerthModel

/// Answers what Berth itself knows: tasks' names and addresses.
struct OwnAnswers: Sendable {
    /// Seconds that an answer may be kept: tasks come and go.
    static let lifetime: UInt32 = 5
    /// As many as fit into 512 bytes beside a name of usual length, so that one datagram answers.
    static let mostAddresses = 24

    /// Bytes of a query; one of a name of 255 bytes with all that EDNS adds has far fewer.
    static let longestQuery = 4096

    let names: any TaskNames

    /// What is to be done with a query.
    enum Step: Equatable, Sendable {
        case answer(DNSMessage)
        case forward
        /// Nothing is answered to what is no query.
        case ignore
    }

    func step(for bytes: [UInt8], from asker: IPv4Address) -> Step {
        guard bytes.count <= Self.longestQuery else { return Self.complain(of: bytes) }
        let query: DNSMessage
        do throws(DNSFault) { query = try DNSMessage(bytes) } catch { return Self.complain(of: bytes) }
        if query.isResponse { return .ignore }
        if query.operation != 0 { return .answer(DNSMessage(answering: query, code: .notImplemented)) }
        guard query.questions.count == 1, let question = query.questions.first else {
            return .answer(DNSMessage(answering: query, code: .malformed))
        }
        // Zone transfers (251, 252) and other classes than the Internet's are no task's business.
        guard question.kind == 1, !(251...252).contains(question.type.rawValue) else {
            return .answer(DNSMessage(answering: query, code: .refused))
        }
        return answer(query, meaning(of: question, to: asker))
    }

    private func meaning(of question: DNSMessage.Question, to asker: IPv4Address) -> NameMeaning {
        if let address = TaskAddress(reverse: question.name) { return names.meaning(of: address, to: asker) }
        return names.meaning(of: question.name, to: asker)
    }

    private func answer(_ query: DNSMessage, _ meaning: NameMeaning) -> Step {
        var answer = DNSMessage(answering: query)
        guard let question = query.questions.first else { return .ignore }
        func record(_ content: DNSMessage.Record.Content) -> DNSMessage.Record {
            DNSMessage.Record(name: question.name, lifetime: Self.lifetime, content: content)
        }
        switch meaning {
        case .foreign: return .forward
        case .stranger: answer.code = .refused
        case .nobody: (answer.code, answer.isAuthoritative) = (.noName, true)
        case .pointer(let name):
            answer.isAuthoritative = true
            if question.type == .pointer || question.type == .any { answer.answers = [record(.pointer(name))] }
        case .addresses(let ipv4, let ipv6):
            answer.isAuthoritative = true
            if question.type == .a || question.type == .any { answer.answers += ipv4.map { record(.a($0)) } }
            if question.type == .aaaa || question.type == .any { answer.answers += ipv6.map { record(.aaaa($0)) } }
            // In any order, so that the tasks of a service share the work.
            answer.answers = Array(answer.answers.shuffled().prefix(Self.mostAddresses))
        }
        return .answer(answer)
    }

    /// A query that cannot be read, or is too long, is told so, if it has an id and is a query.
    private static func complain(of bytes: [UInt8]) -> Step {
        guard bytes.count >= DNSMessage.headerSize, bytes[2] & 0x80 == 0 else { return .ignore }
        var answer = DNSMessage(id: UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
        answer.isResponse = true
        answer.code = .malformed
        return .answer(answer)
    }
}
