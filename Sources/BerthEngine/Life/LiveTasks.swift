import BerthNetwork
import Synchronization

/// The tasks that have not stopped, by id, by address, by service, and by the ids of their endpoints.
final class LiveTasks: Sendable {
    private struct State {
        var tasks: [String: LiveTask] = [:]
        var byAddress: [TaskAddress: LiveTask] = [:]
        var byEndpoint: [String: LiveTask] = [:]
        var byService: [ServiceName: [String: LiveTask]] = [:]
    }
    private let state = Mutex(State())

    subscript(id: String) -> LiveTask? { state.withLock { $0.tasks[id] } }
    var all: [LiveTask] { state.withLock { Array($0.tasks.values) } }

    func task(at address: TaskAddress) -> LiveTask? { state.withLock { $0.byAddress[address] } }

    /// By the id of a container's endpoint, or of the credentials of the task's role.
    func task(endpoint id: String) -> LiveTask? { state.withLock { $0.byEndpoint[id] } }

    /// The tasks of a service, in any order.
    func tasks(of service: ServiceName) -> [LiveTask] {
        state.withLock { $0.byService[service].map { Array($0.values) } ?? [] }.shuffled()
    }

    /// Adds a task, or notes what one holds of the network since it was added.
    ///
    /// - Parameter isEarlier: whether the rows of others may name its addresses too: the first to be added has them. A new
    ///   task's are its own, even while the one is still here that had them before.
    func add(_ task: LiveTask, isEarlier: Bool = false) {
        let dossier = task.dossier
        state.withLock { state in
            state.tasks[task.id] = task
            if let service = task.service { state.byService[service, default: [:]][task.id] = task }
            for address in dossier.addresses where !isEarlier || state.byAddress[address] == nil {
                state.byAddress[address] = task
            }
            for id in dossier.endpoints?.ids ?? [] { state.byEndpoint[id] = task }
        }
    }

    func remove(_ task: LiveTask) {
        // Before anybody is told that it has stopped.
        task.releaseImages()
        let dossier = task.dossier
        state.withLock { state in
            state.tasks[task.id] = nil
            if let service = task.service {
                state.byService[service]?[task.id] = nil
                if state.byService[service]?.isEmpty == true { state.byService[service] = nil }
            }
            // An address may have a new owner by now.
            for address in dossier.addresses where state.byAddress[address] === task { state.byAddress[address] = nil }
            for id in dossier.endpoints?.ids ?? [] { state.byEndpoint[id] = nil }
        }
    }
}

extension TaskDossier {
    fileprivate var addresses: [TaskAddress] {
        guard let link = network?.link else { return [] }
        return [.ipv4(link.ipv4)] + (link.ipv6.map { [.ipv6($0)] } ?? [])
    }
}

extension TaskEndpoints {
    fileprivate var ids: [String] { containers + (credentials.map { [$0] } ?? []) }
}
