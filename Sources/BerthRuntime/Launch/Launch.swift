import BerthLaunch
import BerthLinux
import BerthOCI
import CBerthLaunch
import Glibc

/// A process that is being launched, in this very process: berth-oci has one thread.
struct Launch: ~Copyable {
    private var state: berth_launch
    /// The plan, which stays where it is: the child is a copy of this process.
    private let memory: UnsafeMutableRawBufferPointer
    private let joins: Joins
    private let cgroup: OwnedDescriptor?

    /// - Parameters:
    ///   - cgroup: its v2 directory; nil leaves it where we are.
    ///   - gate: where a container's first process waits for `start`.
    ///   - hookState: what hooks read.
    static func prepare(
        _ content: PlanContent, joins: consuming Joins, cgroup: consuming OwnedDescriptor?, gate: Int32? = nil,
        hookState: Int32? = nil
    ) throws(Failure) -> Launch {
        let plan = try step { () throws(LinuxError) in try LaunchPlan(content) }
        guard joins.list.count <= Int(BERTH_MAX_JOINS) else { throw Failure("too many namespaces to join") }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: plan.bytes.count, alignment: 8)
        memory.copyBytes(from: plan.bytes)
        let base = memory.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard berth_plan_load(base, memory.count) == 0 else { throw Failure("cannot lay out the launch plan") }
        var state = berth_launch()
        let first = Int(memory.load(as: berth_plan.self).containers)
        state.container = UnsafeRawPointer(memory.baseAddress)?.advanced(by: first)
            .assumingMemoryBound(to: berth_container.self)
        state.cgroup = cgroup.number ?? -1
        state.mounts = -1
        state.gate = gate ?? -1
        state.state = hookState ?? -1
        state.stdio = (0, 1, 2)
        state.process = -1
        state.socket = -1
        state.terminal = -1
        state.join_count = UInt32(joins.list.count)
        withUnsafeMutableBytes(of: &state.joins) { room in
            joins.list.withUnsafeBytes { room.copyMemory(from: $0) }
        }
        return Launch(state: state, memory: memory, joins: joins, cgroup: cgroup)
    }

    private init(
        state: berth_launch, memory: UnsafeMutableRawBufferPointer, joins: consuming Joins,
        cgroup: consuming OwnedDescriptor?
    ) {
        self.state = state
        self.memory = memory
        self.joins = joins
        self.cgroup = cgroup
    }

    deinit {
        for descriptor in [state.process, state.socket] where descriptor >= 0 { close(descriptor) }
        memory.deallocate()
    }

    /// The process's number, once it is cloned.
    var pid: Int32 { Int32(truncatingIfNeeded: state.number) }
    /// Its pidfd.
    var process: Int32 { state.process }

    /// Makes the process, in its namespaces and with its ids; it waits then.
    mutating func clone() throws(Failure) { try carryOut(berth_launch_clone(&state)) }

    /// Lets it carry out its steps, and waits until its program runs, or until it waits at its gate.
    mutating func go() throws(Failure) {
        try carryOut(berth_launch_go(&state, nil))
        try carryOut(berth_launch_await(&state))
    }

    /// The master of its terminal; the caller's to close.
    mutating func takeTerminal() -> OwnedDescriptor? {
        guard state.terminal >= 0 else { return nil }
        defer { state.terminal = -1 }
        return OwnedDescriptor(owning: state.terminal)
    }

    /// Ends the process, whatever it is doing, and waits for it.
    func kill() {
        guard state.process >= 0 else { return }
        try? PIDFD.signal(state.process, SIGKILL)
        _ = PIDFD.wait(state.process)
    }

    /// Opens the gate of a container that was created before: its program runs then, or this says why not.
    static func start(_ socket: consuming OwnedDescriptor) throws(Failure) {
        var state = berth_launch()
        state.mounts = -1
        state.process = -1
        state.terminal = -1
        state.socket = socket.number
        guard berth_launch_await(&state) == 0 else { throw Failure(LaunchFailure(state.failure).description) }
    }

    private func carryOut(_ result: Int32) throws(Failure) {
        guard result == 0 else { throw Failure(LaunchFailure(state.failure).description) }
    }
}
