import CBerthPlan
import SystemPackage

extension LaunchFailure {
    /// The shim says which step failed, with what errno and on what; the words are made here.
    init(_ failure: berth_failure) {
        let subject = text(of: failure.subject)
        let errno = Errno(rawValue: failure.error)
        let named = subject.isEmpty ? "" : " \(subject)"
        let step: String
        switch Int(failure.code) {
        case BERTH_CHILD_EXECUTE: step = "cannot execute\(named)"
        case BERTH_HOST_OVERLAY: step = "cannot mount the image's layers in\(named)"
        case BERTH_HOST_DEVICES: step = "cannot make /dev"
        case BERTH_CHILD_JOIN: step = "cannot join the task's cgroup"
        case BERTH_CHILD_ROOT: step = "cannot enter the root file system"
        case BERTH_CHILD_MOUNT: step = "cannot mount a file system at /\(subject)"
        case BERTH_CHILD_DEVICES: step = "cannot attach /dev"
        case BERTH_CHILD_MASK: step = "cannot hide kernel files"
        case BERTH_CHILD_READ_ONLY: step = "cannot make kernel files read-only"
        case BERTH_CHILD_PIVOT: step = "cannot change the root"
        case BERTH_CHILD_READ_ONLY_ROOT: step = "cannot make the root file system read-only"
        case BERTH_CHILD_HOSTNAME: step = "cannot set the host name\(named)"
        case BERTH_CHILD_LOOPBACK: step = "cannot bring the loopback interface up"
        case BERTH_CHILD_LIMIT: step = "cannot set a resource limit"
        case BERTH_CHILD_STDIO: step = "cannot set up standard output"
        case BERTH_CHILD_DIRECTORY: step = "cannot enter the working directory\(named)"
        case BERTH_CHILD_BOUNDING, BERTH_CHILD_CAPABILITIES: step = "cannot limit capabilities"
        case BERTH_CHILD_USER: step = "cannot become the container's user"
        case BERTH_CHILD_SECCOMP: step = "cannot load the seccomp filter"
        case BERTH_STEP_CGROUP: step = "cannot open the cgroup\(named)"
        case BERTH_STEP_CLONE: step = "cannot create the container's namespaces"
        case BERTH_STEP_MAP_IDS: step = "cannot map the container's ids"
        case BERTH_STEP_LOG: step = "cannot open the log file\(named)"
        case BERTH_STEP_PIPE: step = "cannot make the container's pipes"
        default: step = "cannot carry out step \(failure.code) of the launch plan\(named)"
        }
        let isCommand = [BERTH_CHILD_EXECUTE, BERTH_CHILD_DIRECTORY].contains(Int(failure.code))
        self.init(description: "\(step): \(errno.description)", isCommandFault: isCommand)
    }
}
