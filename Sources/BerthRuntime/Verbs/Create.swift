extension Verb {
    static let create = Verb(
        name: "create", operands: "CONTAINER", summary: "make a container; its program waits for start",
        options: CreationOptions.creating
    ) { invocation throws(Failure) in
        let id = try invocation.id()
        let creation = Creation(
            id: id, bundle: try Bundle(invocation.arguments["bundle"]),
            options: try CreationOptions(invocation.arguments, detaches: true, waitsForStart: true),
            global: invocation.global, log: invocation.log)
        SignalDefaults.restore()
        _ = try creation.carryOut()
        return 0
    }
}
