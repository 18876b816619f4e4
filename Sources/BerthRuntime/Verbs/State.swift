extension Verb {
    static let state = Verb(
        name: "state", operands: "CONTAINER", summary: "show a container's state as JSON"
    ) { invocation throws(Failure) in
        let container = try invocation.container()
        guard let record = try container.record() else {
            throw Failure("container \(container.id) is being created, or its creation was interrupted")
        }
        StandardOutput.write(container.state(record).text(indent: "  ") + "\n")
        return 0
    }
}
