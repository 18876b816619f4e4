import BerthCgroups
import BerthLaunch
import BerthLinux
import BerthOCI
import CBerthPlan
import Glibc

/// Runs a program in a container that lives: one setns of all its namespaces, the same confinement, the same cgroup.
struct Entry {
    var record: ContainerRecord
    var bundle: Bundle
    var process: RuntimeProcess
    var global: GlobalOptions
    var log: Log

    /// The program's exit code, or 0 when we do not stay.
    func carryOut(_ arguments: Arguments) throws(Failure) -> Int32 {
        if record.sharesMounts {
            throw Failure("cannot exec in container \(record.id): it has no mount namespace to enter")
        }
        let detaches = arguments.has("detach")
        let options = try CreationOptions(arguments, detaches: detaches)
        let console = try options.console(for: process.terminal)
        guard let target = ProcessIdentity.open(record.pid, startTime: record.startTime) else {
            throw Failure("cannot exec in container \(record.id): it has just ended")
        }
        var surroundings = try Surroundings(bundle, process: process, cgroup: record.cgroup)
        surroundings.preservedDescriptors = options.preservedDescriptors
        let steps = ContainerSteps(configuration: bundle.configuration, surroundings: surroundings)
        let own = ProcessSteps(process: process, steps: steps)
        if !own.capabilities.refused.isEmpty {
            log.warning("cannot grant \(own.capabilities.refused.joined(separator: ", "))")
        }
        SignalDefaults.restore()
        // Until its own exec the program's process is a copy of this one, in reach of the container.
        Kernel.becomeUndumpable()
        let foreground = detaches ? nil : try Foreground()
        var launch = try self.launch(own, options, target)
        do throws(Failure) {
            try launch.clone()
            if let scheduler = process.scheduler {
                try step { () throws(LinuxError) in try Kernel.schedule(launch.pid, scheduler) }
            }
            try launch.go()
            let terminal = try Console.handOver(launch.takeTerminal(), to: console)
            if let file = options.pidFile { try PIDFile.write(launch.pid, to: file) }
            guard let foreground else { return 0 }
            return foreground.attend(launch.process, terminal)
        } catch {
            launch.kill()
            throw error
        }
    }

    private func launch(
        _ own: ProcessSteps, _ options: CreationOptions, _ target: borrowing OwnedDescriptor
    ) throws(Failure) -> Launch {
        let cgroup = try record.runtimeCgroup()
        var part = ContainerPlan()
        part.lifecycle = cgroup?.directory
        part.joins = cgroup?.joins ?? []
        part.score = process.oomScoreAdjustment.map { "\($0)" }
        part.preservedDescriptors = options.preservedDescriptors
        part.operations = own.entering
        var plan = PlanContent(directory: global.root)
        plan.flags = BERTH_PLAN_ENTER
        plan.containers = [part]
        return try Launch.prepare(
            plan, joins: Joins(of: target.number, bundle.configuration.linux), cgroup: Creation.open(cgroup))
    }
}
