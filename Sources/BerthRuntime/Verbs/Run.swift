extension Verb {
    static let run = Verb(
        name: "run", operands: "CONTAINER", summary: "make a container and run its program",
        options: CreationOptions.creating + [
            .flag("detach", "d", "do not stay while it runs"),
            .flag("keep", nil, "do not delete the container when its program ends"),
            .flag("no-subreaper", nil, "accepted and ignored: what is left behind is ended with the container"),
        ]
    ) { invocation throws(Failure) in
        let arguments = invocation.arguments
        let detaches = arguments.has("detach")
        let creation = Creation(
            id: try invocation.id(), bundle: try Bundle(arguments["bundle"]),
            options: try CreationOptions(arguments, detaches: detaches), global: invocation.global,
            log: invocation.log)
        SignalDefaults.restore()
        let foreground = detaches ? nil : try Foreground()
        var created = try creation.carryOut()
        Hooks.runAll(.poststart, of: creation.bundle, created.record.runtimeState(.running), log: invocation.log)
        guard let foreground else { return 0 }
        // Others may pause, update and delete it while it runs.
        created.container.unlock()
        let code = foreground.attend(created.launch.process, created.terminal.take())
        guard !arguments.has("keep") else { return code }
        // Without a lock to take, another command has deleted it.
        do throws(Failure) { try created.container.lock() } catch { return code }
        try Deletion(log: invocation.log).carryOut(created.container, created.record, bundle: creation.bundle)
        return code
    }
}
