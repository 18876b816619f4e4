/// What a span of a trace stands for: the whole way of a task, in its order. Its raw value is the span's name in a viewer.
public enum Step: String, CaseIterable, Sendable {
    // MARK: On the lane of a request

    /// From the request's head to its reply; named for the operation.
    case request
    /// Signature and body: the body is read between the two steps of authentication.
    case authenticate
    case decode
    /// What the engine does for it.
    case operate
    /// Reads what the request names from the store.
    case lookUp = "look up"
    /// The settings that request and definition give together, held to the rules.
    case validate
    /// The reply is written as JSON.
    case encode

    // MARK: On the track of a task, as the daemon sees it

    /// Until the task is on disk.
    case accept
    /// CPU, memory and host ids.
    case reserve
    /// A network is taken.
    case network
    /// A transaction, as whoever waits for it sees it; its parts are the next three.
    case commit
    /// Others' transactions are before it.
    case turn = "wait for turn"
    /// The rows of all writes that share the transaction.
    case write = "write rows"
    /// COMMIT: the write-ahead log is on disk.
    case sync
    /// From the acceptance until the daemon hears that a container runs.
    case start
    /// The launch, which began beside the acceptance, has not come as far as a shim yet.
    case launched = "wait for launch"
    /// The launch plan is laid out.
    case plan
    /// The plan is sealed in memory, the shim's socket made, and a shim given both.
    case spawn
    /// From the first start to the last exit that the daemon hears of.
    case run
    /// From the last exit to the record.
    case end
    /// The record is read, the end is committed and shown.
    case settle
    /// The network is given back.
    case release = "give network back"

    // MARK: On the track of a container, by the shim's own clock

    /// From the launch to its container's program: namespaces, mounts, the wait for the acceptance, execve.
    case shim = "shim starts"
    /// The container's program.
    case program
    /// From the exit of the last container to the moment when its cgroup is empty, its output stored.
    case empty
    /// The record is written and synced, the cgroups are removed; ends when the daemon has heard of it.
    case record

    // MARK: On the tracks of threads

    /// Everything a launch needs beside its network, made while the acceptance is being committed.
    case prepare
    /// From there to a shim that has the plan.
    case launch
    /// Images are looked up and held.
    case images
    /// User, environment, capabilities and filter of system calls of the containers.
    case resolve
    /// The task's directories and name files.
    case directories
    case cgroups
    /// A transaction of the store, by all who share it.
    case transaction
    /// What the preparation of a task made that is not launched goes.
    case discard
    /// The task's directory is moved out of the way.
    case trash
    /// Moved directories are removed.
    case sweep
}
