import BerthConfinement
import BerthLinux
import BerthUnpack
import Glibc

/// Confines itself as berth-unpack does, and then tries the one thing that the layer's name says.
///
/// It answers with the errno that came of it as the number of entries: 0 if it could be done.
@main
enum Main {
    static func main() throws {
        let channel = UnpackChannel(OwnedDescriptor(owning: UnpackRequest.Descriptor.channel))
        let workspace = OwnedDescriptor(owning: UnpackRequest.Descriptor.workspace)
        _ = OwnedDescriptor(owning: UnpackRequest.Descriptor.program)
        guard let message = try channel.receive() else { return }
        let request = try UnpackRequest(message: message)
        guard let attempt = Attempt.all[request.subject] else {
            return try channel.send(
                UnpackAnswer.failed(ImageError(.unsupported, "nobody knows how to \(request.subject)")).message)
        }
        try OwnProcess.dieWithParent(request.parent)
        try UnpackerConfinement.enter(
            workspace, maximumFileBytes: request.limits.maximumFileBytes, filter: request.filter)
        errno = 0
        var summary = LayerExtractor.Summary()
        summary.entries = attempt() < 0 ? Int(errno) : 0
        try channel.send(UnpackAnswer.finished(summary).message)
    }
}
