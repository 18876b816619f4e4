import BerthConfinement
import BerthLinux
import BerthUnpack
import Glibc

/// Unpacks one layer for the daemon, confined to the directory it unpacks into. Nobody else starts it.
@main
enum Main {
    static func main() {
        let channel = UnpackChannel(OwnedDescriptor(owning: UnpackRequest.Descriptor.channel))
        let workspace = OwnedDescriptor(owning: UnpackRequest.Descriptor.workspace)
        let blob = SharedDescriptor(OwnedDescriptor(owning: UnpackRequest.Descriptor.blob))
        _ = OwnedDescriptor(owning: UnpackRequest.Descriptor.program)
        let answer: UnpackAnswer
        do throws(ImageError) {
            guard let message = try channel.receive() else {
                throw ImageError(.storage, "berth-unpack is started by the daemon only")
            }
            let request = try UnpackRequest(message: message)
            do throws(LinuxError) {
                try OwnProcess.dieWithParent(request.parent)
                try UnpackerConfinement.enter(
                    workspace, maximumFileBytes: request.limits.maximumFileBytes, filter: request.filter)
            } catch {
                throw ImageError(
                    .storage, "a layer is unpacked by a confined process, which cannot confine itself: \(error)")
            }
            umask(0)
            answer = .finished(try UnpackJob(request, blob: blob, channel: channel).run())
        } catch {
            answer = .failed(error)
        }
        // If the daemon is gone, nobody is left to hear it.
        try? channel.send(answer.message)
    }
}
