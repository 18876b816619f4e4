import BerthEngine
import Hummingbird

extension NativeCall {
    func bill(_ engine: Engine) async throws -> Response {
        if let task = query["task"] { return try reply(BillReply(bills: [try await engine.bill(task: task)])) }
        let page = try await engine.bills(nextToken: query["nextToken"])
        return try reply(BillReply(bills: page.items, nextToken: page.nextToken))
    }
}
