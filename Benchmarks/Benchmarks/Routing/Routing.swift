import Benchmark
import BerthAPI
import HTTPTypes
import Measuring

let benchmarks: @Sendable () -> Void = {
    // AWS's JSON protocols name the operation in a header.
    measure("json", of: head(.post, "/", [.amzTarget: "AmazonEC2ContainerServiceV20141113.RunTask"]))
    // Berth's own routes: method and path.
    measure("native", of: head(.get, "/berth/v1/tasks/0123456789abcdef0123456789abcdef/follow"))
    // The query protocol is told by a form's type.
    measure("query", of: head(.post, "/", [.contentType: "application/x-www-form-urlencoded; charset=utf-8"]))
}

private func measure(_ name: String, of head: HTTPRequest) {
    measure(name, times: 1000, slack: 0, on: Idle.start) { idle in
        guard idle.server.knows(head) else { throw Unknown(path: head.path ?? "") }
    }
}

private func head(_ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields = [:]) -> HTTPRequest {
    HTTPRequest(method: method, scheme: "http", authority: "127.0.0.1:8080", path: path, headerFields: fields)
}

/// A route that is not there any more.
private struct Unknown: Error {
    var path: String
}
