import CBerthPlan
import SystemPackage

extension LaunchFailure {
    /// The shim says which step failed, with what errno and on what; the words are made here.
    package init(_ failure: berth_failure) {
        let subject = text(of: failure.subject)
        let errno = Errno(rawValue: failure.error)
        let named = subject.isEmpty ? "" : " \(subject)"
        let inside = subject.hasPrefix("/") ? subject : "/\(subject)"
        let step: String
        switch Int(failure.code) {
        case BERTH_CHILD_EXECUTE: step = "cannot execute\(named)"
        case BERTH_HOST_OVERLAY: step = "cannot mount the image's layers in\(named)"
        case BERTH_HOST_DEVICES: step = "cannot make /dev"
        case BERTH_HOST_SYSFS: step = "cannot mount the sysfs of the task's network"
        case BERTH_CHILD_ROOT: step = "cannot enter the root file system"
        case BERTH_CHILD_SOURCE: step = "cannot open\(named) to mount it"
        case BERTH_CHILD_BECOME_ROOT: step = "cannot become root of the container"
        case BERTH_CHILD_MOUNT: step = "cannot mount a file system at \(inside)"
        case BERTH_CHILD_BIND: step = "cannot bind a mount at \(inside)"
        case BERTH_CHILD_ATTACH: step = "cannot attach \(inside)"
        case BERTH_CHILD_DEVICE: step = "cannot make the device \(inside)"
        case BERTH_CHILD_LINK: step = "cannot make the link \(inside)"
        case BERTH_CHILD_MASK: step = "cannot hide\(named)"
        case BERTH_CHILD_RESTRICT: step = "cannot restrict\(named)"
        case BERTH_CHILD_SYSCTL: step = "cannot set the kernel parameter\(named)"
        case BERTH_CHILD_TERMINAL: step = "cannot open a terminal"
        case BERTH_CHILD_HOOK: step = "the hook\(named) failed"
        case BERTH_CHILD_PIVOT: step = "cannot change the root"
        case BERTH_CHILD_PROPAGATION: step = "cannot set the propagation of the root"
        case BERTH_CHILD_READ_ONLY_ROOT: step = "cannot make the root file system read-only"
        case BERTH_CHILD_NAME: step = "cannot set the host or domain name\(named)"
        case BERTH_CHILD_LOOPBACK: step = "cannot bring the loopback interface up"
        case BERTH_CHILD_LIMIT: step = "cannot set the resource limit\(named)"
        case BERTH_CHILD_CALL: step = "cannot set the\(named)"
        case BERTH_CHILD_STDIO: step = "cannot set up standard input and output"
        case BERTH_CHILD_DIRECTORY: step = "cannot enter the working directory\(named)"
        case BERTH_CHILD_BOUNDING: step = "cannot limit the bounding set of capabilities to\(named)"
        case BERTH_CHILD_CAPABILITIES: step = "cannot limit capabilities to\(named)"
        case BERTH_CHILD_USER: step = "cannot become the container's user"
        case BERTH_CHILD_NO_NEW_PRIVILEGES: step = "cannot set no_new_privs"
        case BERTH_CHILD_SECCOMP: step = "cannot load the seccomp filter"
        case BERTH_CHILD_GATE: step = "cannot wait for the start"
        case BERTH_CHILD_INIT: step = "cannot start the init process"
        case BERTH_STEP_CGROUP: step = "cannot enter the cgroup\(named)"
        case BERTH_STEP_CLONE: step = "cannot create the container's namespaces"
        case BERTH_STEP_NAMESPACE: step = "cannot enter the container's namespaces"
        case BERTH_STEP_MAP_IDS: step = "cannot map the container's ids"
        case BERTH_STEP_LOG: step = "cannot open the log file\(named)"
        case BERTH_STEP_PIPE: step = "cannot make the container's pipes"
        default: step = "cannot carry out step \(failure.code) of the launch plan\(named)"
        }
        let isCommand = [BERTH_CHILD_EXECUTE, BERTH_CHILD_DIRECTORY].contains(Int(failure.code))
        let isMissing = Int(failure.code) == BERTH_CHILD_EXECUTE && errno == .noSuchFileOrDirectory
        self.init(
            description: "\(step): \(errno.description)", isCommandFault: isCommand, isCommandMissing: isMissing)
    }
}
