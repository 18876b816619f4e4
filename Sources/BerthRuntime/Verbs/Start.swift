import BerthLinux
import BerthOCI

extension Verb {
    static let start = Verb(
        name: "start", operands: "CONTAINER", summary: "run the program of a container that was created"
    ) { invocation throws(Failure) in
        let container = try invocation.container()
        try container.lock()
        let record = try container.record()
        let status = container.status(record)
        guard let record, status == .created else {
            throw Failure("cannot start container \(container.id): it is \(status.rawValue), not created")
        }
        let bundle = try container.bundle()
        let connection = try step { () throws(LinuxError) in
            try LocalSocket.connect(in: container.directory, name: StoredContainer.gate)
        }
        container.removeGate()
        try Launch.start(connection)
        Hooks.runAll(.poststart, of: bundle, record.runtimeState(.running), log: invocation.log)
        return 0
    }
}

extension ContainerRecord {
    /// What hooks are told.
    func runtimeState(_ status: RuntimeState.Status) -> RuntimeState {
        RuntimeState(
            version: version, id: id, status: status, pid: status == .stopped ? nil : pid, bundle: bundle,
            annotations: annotations)
    }
}
