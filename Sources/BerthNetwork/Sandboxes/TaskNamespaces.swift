import BerthLinux

/// The namespaces of tasks, held beyond the last process in them.
///
/// The kernel takes a namespace apart as soon as nobody holds it, which costs as much as a launch does and would go on beside the
/// end of its task and the beginning of the next. Several that end together cost little more than one.
struct TaskNamespaces {
    private var held: [String: SharedDescriptor] = [:]

    mutating func hold(_ namespace: SharedNamespace, for task: String) { held[task] = namespace.network }

    /// Nobody holds it any more, unless a process is still in it.
    mutating func end(of task: String) { held[task] = nil }
}
