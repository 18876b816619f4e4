import BerthLinux
import CBerthLaunch
import Testing

@Suite("An end that goes with something unread")
struct LastWordTests {
    @Test("is heard to its last word, and then its end")
    func isHeard() throws {
        let ours = try sayLastWord()
        var word = UInt8(0)
        #expect(berth_receive(ours.number, &word, 1, 0, nil, 0) == 1)
        #expect(word == 42)
        #expect(berth_receive(ours.number, &word, 1, 0, nil, 0) == 0)
    }

    /// Our end; the other is closed.
    private func sayLastWord() throws -> SharedDescriptor {
        let sockets = try SocketPair()
        try #require(berth_send(sockets.ours.number, [UInt8(1)], 1, 0, nil, 0) == 0, "what stays unread")
        try #require(berth_send(sockets.theirs.number, [UInt8(42)], 1, 0, nil, 0) == 0)
        return SharedDescriptor(try sockets.ours.copy())
    }
}
