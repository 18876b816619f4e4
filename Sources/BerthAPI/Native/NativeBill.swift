import BerthEngine
import Hummingbird

extension NativeCall {
    func bill(_ engine: Engine) async throws -> Response {
        try reply(BillReply(bills: try await engine.bill(task: query["task"])))
    }
}
