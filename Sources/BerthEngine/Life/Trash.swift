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
        sweeper.submit { [self] in emptyTrash() }
    }

    func emptyTrash() {
        do throws(LinuxError) { try TreeRemoval.empty(configuration.trashDirectory) } catch {
            logger.error("\(error)")
        }
    }
}
