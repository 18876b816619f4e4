import BerthLinux
import Glibc

/// Task directories on their way out: renamed at once, removed when there is time.
extension Engine {
    /// Moves a task's directory out of the way, and removes it on the sweeper's thread.
    func moveToTrash(_ id: String) {
        let name = configuration.trashDirectory + "/\(id)-\(UInt32.random(in: .min ... .max))"
        do throws(LinuxError) {
            try check("move away", id) { rename(configuration.tasksDirectory + "/" + id, name) }
        } catch {
            if error.errno != .noSuchFileOrDirectory { logger.error("\(error)") }
            return
        }
        sweeper.submit { [self] in
            let begun = tracer?.now()
            emptyTrash()
            tracer?.work(.sweep, since: begun)
        }
    }

    func emptyTrash() {
        do throws(LinuxError) {
            let trash = try OwnedDescriptor.open(configuration.trashDirectory, flags: O_RDONLY | O_DIRECTORY)
            for name in try trash.entryNames(configuration.trashDirectory) {
                let text = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
                try trash.removeTree(text)
            }
        } catch {
            logger.error("\(error)")
        }
    }
}
