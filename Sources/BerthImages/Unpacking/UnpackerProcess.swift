import BerthConfinement
import BerthLinux
import BerthUnpack
import Glibc
import SystemPackage

/// One `berth-unpack` at work on one layer. It belongs to the thread that starts it, and does not outlive it.
final class UnpackerProcess {
    private let process: pid_t
    private let channel: UnpackChannel
    private var end: ChildEnd?

    /// Starts it and tells it what to do.
    init(
        _ request: UnpackRequest, program: SharedDescriptor, workspace: Int32, blob: consuming OwnedDescriptor
    ) throws(ImageError) {
        do throws(LinuxError) {
            let sockets = try SocketPair()
            // Nothing may fail once there is a child to wait for.
            channel = UnpackChannel(try sockets.ours.copy())
            process = try Spawn.run(
                "/proc/self/fd/\(UnpackRequest.Descriptor.program)", arguments: ["berth-unpack"],
                descriptors: [sockets.theirs.number, workspace, blob.number, program.number])
        } catch {
            throw ImageError(error)
        }
        try channel.send(request.message)
    }

    /// Nothing can be done about a child that cannot be waited for.
    deinit { _ = try? finish() }

    /// Gives it more of a blob as that grows, and waits for its word.
    ///
    /// - Throws: what was wrong with the layer or the download, or how the process ended without a word.
    func attend(to growing: GrowingBlob?, cancellation: Cancellation) throws(ImageError) -> LayerExtractor.Summary {
        let bell = try storing { () throws(LinuxError) in try Doorbell() }
        growing?.notify(bell)
        cancellation.notify(bell)
        defer {
            growing?.forget(bell)
            cancellation.forget(bell)
        }
        var wanted: Int64?
        while true {
            if let growing, let position = wanted, try supply(growing, beyond: position) { wanted = nil }
            guard try wait(bell) else {
                try cancellation.check()
                if let failure = growing?.state.failure { throw failure }
                continue
            }
            guard let message = try channel.receive() else { throw try explainEnd() }
            switch try UnpackAnswer(message: message) {
            case .wantsMore(let position): wanted = position
            case .finished(let summary):
                // What was unpacked is only worth something if it was the right blob: wait for the word on it.
                try growing?.awaitEnd(bell, cancellation)
                return summary
            case .failed(let error):
                // Damaged bytes fail somewhere on the way; the digest tells damage from a layer that was made wrong.
                if error.code == .malformed { try growing?.awaitEnd(bell, cancellation) }
                throw error
            }
        }
    }

    /// Tells the process what is there; false if there is nothing new.
    private func supply(_ growing: GrowingBlob, beyond position: Int64) throws(ImageError) -> Bool {
        let state = growing.state
        if let failure = state.failure { throw failure }
        guard state.length > position || state.isFinished else { return false }
        // It asks once and reads the answer; who lets answers pile up has been taken over.
        guard try channel.sendNow(Growth(length: state.length, isComplete: state.isFinished).message) else {
            throw ImageError(.unsafe, "the process that unpacked it asked without listening")
        }
        return true
    }

    /// Waits until the process has said something (true) or the bell was rung (false).
    private func wait(_ bell: Doorbell) throws(ImageError) -> Bool {
        var ready = [
            pollfd(fd: channel.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: bell.number, events: Int16(POLLIN), revents: 0),
        ]
        _ = try storing { () throws(LinuxError) in
            try check("wait for", "berth-unpack") { poll(&ready, 2, -1) }
        }
        if ready[1].revents != 0 {
            bell.answer()
            return false
        }
        return true
    }

    /// Ends it, if it has not ended, and takes it from the kernel's table.
    private func finish() throws(ImageError) -> ChildEnd {
        if let end { return end }
        // It has nothing more to say; one that a layer has taken over might stay. Its number is its own until the wait.
        kill(process, SIGKILL)
        let end = try storing { () throws(LinuxError) in try ChildEnd(of: process) }
        self.end = end
        return end
    }

    private func explainEnd() throws(ImageError) -> ImageError {
        let end = try finish()
        let remedy = "if the layer can be trusted, report this with the layer"
        switch end.signal {
        case SIGSYS:
            return ImageError(
                .unsafe, "the process that unpacked it was stopped when it tried what it may not do; \(remedy)")
        case SIGKILL:
            return ImageError(
                .storage, "the process that unpacked it was killed, perhaps for want of memory (see dmesg); try again")
        case let signal?:
            return ImageError(.malformed, "the process that unpacked it crashed with signal \(signal); \(remedy)")
        case nil:
            // libarchive ends the process when it gets no memory.
            return ImageError(
                .limitExceeded,
                "the process that unpacked it gave up with code \(end.code ?? 0), most likely because the layer needs more "
                    + "memory than the \(UnpackerConfinement.maximumMemory >> 20) MiB that one may; \(remedy)")
        }
    }
}

extension GrowingBlob {
    /// Waits until the writer has finished; throws what the writer failed with.
    ///
    /// - Parameter bell: one that this blob and the cancellation ring.
    fileprivate func awaitEnd(_ bell: Doorbell, _ cancellation: Cancellation) throws(ImageError) {
        while true {
            try cancellation.check()
            let state = state
            if let failure = state.failure { throw failure }
            if state.isFinished { return }
            var ready = pollfd(fd: bell.number, events: Int16(POLLIN), revents: 0)
            _ = try storing { () throws(LinuxError) in try check("wait for", name) { poll(&ready, 1, -1) } }
            bell.answer()
        }
    }
}
