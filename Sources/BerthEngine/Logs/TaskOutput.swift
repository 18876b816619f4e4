import BerthLaunch
import BerthLinux
import BerthModel
import BerthStore
import Foundation
import Synchronization

extension Engine {
    /// Raw bytes of what the containers of a task print, from the start; ends when the task has stopped and all is
    /// read. With `follow` false it ends at what is there now. `container` nil means all containers, by order of
    /// arrival.
    public func taskOutput(task name: String, container: String?, follow: Bool) async throws -> AsyncStream<TaskOutput>
    {
        let id = try TaskName(name, account: configuration.account).id
        var streams = try await store.read { try $0.logStreams(task: id) }
        guard !streams.isEmpty else { throw ServiceError.taskNotFound }
        if let container {
            streams.removeAll { $0.container != container }
            guard !streams.isEmpty else {
                throw ServiceError.invalidParameter("The task has no container named '\(container)'.")
            }
        }
        let output = OutputReader(streams, task: follow ? live[id] : nil, threads: logReaders, watcher: watcher)
        return AsyncStream { await output.next() }
    }
}

/// Reads the log files of a task as they grow; what is asked for next is read next, so that memory stays small however
/// slowly it is taken.
private final class OutputReader: Sendable {
    private let sources: Mutex<[OutputSource]>
    private let pieces = Mutex<ArraySlice<TaskOutput>>([])
    private let task: LiveTask?
    private let threads: WorkerThreads
    private let watcher: FileWatcher
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let taskChanges: Task<Void, Never>?

    /// - Parameter task: when to wait for more; nil to end at what is there.
    init(_ streams: [StoredLogStream], task: LiveTask?, threads: WorkerThreads, watcher: FileWatcher) {
        sources = Mutex(streams.map { OutputSource(container: $0.container, path: $0.path) })
        self.task = task
        self.threads = threads
        self.watcher = watcher
        let (wakeUps, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.wakeUps = wakeUps
        self.wake = wake
        // A change of state may mean a new file, and is what the end is seen by.
        taskChanges = task.map { task in
            Task {
                for await _ in task.follow() { wake.yield() }
                wake.yield()
            }
        }
    }

    deinit { taskChanges?.cancel() }

    func next() async -> TaskOutput? {
        while !Task.isCancelled {
            if let piece = pieces.withLock({ $0.popFirst() }) { return piece }
            // Looked at before reading: what was printed before the end is then found by this very reading.
            let isOver = task.map { $0.task.lastStatus == .stopped } ?? true
            let read = await threads.run { [self] in readPieces() }
            if read.isEmpty {
                if isOver { return nil }
                for await _ in wakeUps { break }
            }
            pieces.withLock { $0 = read[...] }
        }
        return nil
    }

    /// About how many bytes are read ahead.
    private static let ahead = 256 << 10

    /// What has arrived, in the order of arrival.
    private func readPieces() -> [TaskOutput] {
        sources.withLock { sources in
            for source in sources { source.open(watcher: task == nil ? nil : watcher) { [wake] in wake.yield() } }
            var pieces: [TaskOutput] = []
            var bytes = 0
            while bytes < Self.ahead {
                for source in sources { source.readHead() }
                let first = sources.min { $0.order < $1.order }
                guard let first, let piece = first.head else { break }
                first.head = nil
                bytes += piece.bytes.count
                pieces.append(piece)
            }
            return pieces
        }
    }
}

/// One container's file.
private final class OutputSource {
    private let container: String
    private let path: String
    private var reader: FrameReader?
    private var watch: FileWatcher.Watch?
    /// Read and not given out yet.
    var head: TaskOutput?

    init(container: String, path: String) {
        self.container = container
        self.path = path
    }

    /// When the head arrived; without a head, after all others.
    var order: Int64 { head?.timestamp ?? .max }

    /// Opens the file once it is there.
    ///
    /// - Parameter watcher: tells of growth, and is asked first: what is written after the reading wakes.
    func open(watcher: FileWatcher?, wake: @escaping @Sendable () -> Void) {
        if reader != nil { return }
        if watch == nil { watch = try? watcher?.watch(path, wake) }
        reader = try? FrameReader(path)
    }

    func readHead() {
        guard head == nil, let (frame, _, content) = try? reader?.next(),
            let stream = TaskOutput.Stream(rawValue: frame.stream)
        else { return }
        head = TaskOutput(
            container: container, stream: stream, timestamp: Int64(frame.realtime / 1_000_000), bytes: Array(content))
    }
}
