import BerthLaunch
import BerthLinux
import BerthOCI
import CBerthPlan
import Glibc

extension Verb {
    static let exec = Verb(
        name: "exec", operands: "CONTAINER [COMMAND ARGUMENTS...]", summary: "run another program in a container",
        options: [
            .value("process", "p", as: "FILE", "the program as in config.json's process; \"-\" for standard input"),
            .value("cwd", nil, as: "DIRECTORY", "working directory"),
            .value("env", "e", as: "NAME=VALUE", "an environment variable; may come again"),
            .flag("tty", "t", "give it a terminal"),
            .value("user", "u", as: "UID[:GID]", "whom it runs as"),
            .value("additional-gids", "g", as: "GID", "an additional group; may come again"),
            .value("cap", "c", as: "CAPABILITY", "a capability beside those of the container; may come again"),
            .flag("no-new-privs", nil, "it cannot gain privileges"),
            .flag("detach", "d", "do not stay while it runs"),
            .flag("ignore-paused", nil, "enter a paused container, too"),
            .value("apparmor", nil, as: "PROFILE", "not supported"),
            .value("process-label", nil, as: "LABEL", "not supported"),
            .value("cgroup", nil, as: "PATH", "not supported: it runs in the container's cgroup"),
        ] + CreationOptions.shared,
        end: .firstOperand, count: 1...Int.max
    ) { invocation throws(Failure) in
        let container = try invocation.container()
        let record = try container.record()
        let status = container.status(record)
        let mayEnter = status == .running || status == .created || invocation.arguments.has("ignore-paused")
        guard let record, status != .stopped, status != .creating, mayEnter else {
            throw Failure("cannot exec in container \(container.id): it is \(status.rawValue)")
        }
        let bundle = try container.bundle()
        let process = try ExecProcess(invocation.arguments, bundle).process
        return try Entry(
            record: record, bundle: bundle, process: process, global: invocation.global, log: invocation.log
        ).carryOut(invocation.arguments)
    }
}
