import BerthEngine
import Hummingbird

extension NativeCall {
    func network(_ engine: Engine) async throws -> Response { try reply(await engine.networkReport()) }
}
