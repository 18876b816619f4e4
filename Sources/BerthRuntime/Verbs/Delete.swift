extension Verb {
    static let delete = Verb(
        name: "delete", operands: "CONTAINER", summary: "remove a container whose program has ended",
        options: [.flag("force", "f", "end it first, and do not mind if there is none")]
    ) { invocation throws(Failure) in
        let isForced = invocation.arguments.has("force")
        let id = try invocation.id()
        guard let container = try StateDirectory(invocation.global.root).find(id) else {
            if isForced { return 0 }
            throw Failure("container \(id) does not exist")
        }
        try container.lock()
        let record = try container.record()
        let status = container.status(record)
        // Nobody waits for the program of a container that was only created.
        guard isForced || status == .stopped || status == .created || record?.pid == 0 || record == nil else {
            throw Failure(
                "cannot delete container \(id) that is not stopped: it is \(status.rawValue); end it or use --force")
        }
        if let record { try Deletion.kill(record) }
        try Deletion(log: invocation.log).carryOut(container, record)
        return 0
    }
}
