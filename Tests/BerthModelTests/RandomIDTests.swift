import BerthModel
import Testing

@Suite("A random id")
struct RandomIDTests {
    @Test("is a UUID of version 4, or 32 digits, never the same twice")
    func shapes() throws {
        let uuids = (0..<100).map { _ in RandomID.uuid() }
        #expect(Set(uuids).count == uuids.count)
        #expect(
            uuids.allSatisfy {
                $0.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil
            })
        let ids = (0..<100).map { _ in RandomID.hexadecimal() }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.wholeMatch(of: /[0-9a-f]{32}/) != nil })
    }
}
