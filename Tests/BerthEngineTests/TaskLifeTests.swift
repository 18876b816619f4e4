import BerthCgroups
import BerthLaunch
import BerthModel
import Foundation
import Testing

@testable import BerthEngine

@Suite struct `The life of a task` {
    private let start = Date(timeIntervalSince1970: 1_700_000_000)

    private func life(_ essential: [Bool] = [true]) -> TaskLife {
        let containers = essential.indices.map {
            Container(containerArn: "c\($0)", taskArn: "t", name: "c\($0)", image: "i", cpu: "0")
        }
        let task = ECSTask(
            taskArn: "arn:aws:ecs:us-east-1:1:task/default/t", clusterArn: "c", taskDefinitionArn: "d",
            containers: containers,
            cpu: "256", memory: "512", group: "g", overrides: TaskOverride(), createdAt: start)
        return TaskLife(task, essential: essential)
    }

    private func record(_ statuses: [BerthLaunch.ExitStatus?], at seconds: UInt64 = 1_700_000_010) -> TaskRecord {
        let time = Timestamp(realtime: seconds * 1_000_000_000, boottime: 0)
        return TaskRecord(
            containers: statuses.map { status in
                var container = TaskRecord.Container()
                if status != nil { (container.startedAt, container.exitedAt) = (time, time) }
                container.status = status
                return container
            }, finishedAt: time, counters: [])
    }

    @Test func `the usual way, with a version for each step`() {
        var life = life()
        var seen: [(TaskStatus, Int)] = []
        func note() { seen.append((life.task.lastStatus, life.task.version)) }
        note()
        life.pullStarted(at: start)
        note()
        life.containerStarted(0, at: start)
        note()
        life.containerExited(0, .code(3), at: start)
        note()
        life.finish(record([.code(3)]), usage: TaskUsage())
        note()
        #expect(seen.map(\.0) == [.provisioning, .pending, .running, .deprovisioning, .stopped])
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.1 < $1.1 })
        let task = life.task
        #expect(task.containers[0].exitCode == 3)
        #expect(task.stopCode == .essentialContainerExited)
        #expect(task.stoppedReason == "Essential container in task exited")
        #expect(task.desiredStatus == .stopped)
        #expect(
            task.startedAt != nil && task.stoppingAt != nil && task.executionStoppedAt != nil && task.stoppedAt != nil)
    }

    @Test func `the record alone tells all, and telling it twice changes nothing`() {
        var once = life()
        once.finish(record([.code(0)]), usage: TaskUsage())
        #expect(once.task.lastStatus == .stopped)
        #expect(once.task.containers[0].exitCode == 0)
        #expect(once.task.stopCode == .essentialContainerExited)
        let task = once.task
        once.containerStarted(0, at: start)
        once.stop(.byUser("late"), at: start)
        once.end(at: start)
        #expect(once.task == task)
    }

    @Test func `RUNNING is when all essential containers have started`() {
        var life = life([true, true, false])
        life.containerStarted(0, at: start)
        #expect(life.task.lastStatus == .activating)
        life.containerStarted(1, at: start)
        #expect(life.task.lastStatus == .running)
        life.containerExited(2, .code(1), at: start)
        #expect(life.task.lastStatus == .running)
        #expect(life.task.desiredStatus == .running)
        life.containerExited(1, .code(0), at: start)
        #expect(life.task.lastStatus == .stopping)
        life.containerExited(0, .signal(15), at: start)
        #expect(life.task.lastStatus == .deprovisioning)
        #expect(life.task.containers.map(\.exitCode) == [143, 0, 1])
    }

    @Test func `a container that cannot start has no exit code, and the task failed to start`() {
        var life = life()
        life.containerFailed(
            0, LaunchFailure(description: "cannot execute /x: No such file", isCommandFault: true), at: start)
        life.finish(record([nil]), usage: TaskUsage())
        let task = life.task
        #expect(task.stopCode == .taskFailedToStart)
        #expect(task.containers[0].exitCode == nil)
        #expect(task.containers[0].reason == "CannotStartContainerError: cannot execute /x: No such file")
        #expect(task.startedAt == nil)
    }

    @Test func `the first reason to stop stays`() {
        var life = life()
        life.containerStarted(0, at: start)
        life.stop(.byUser("enough"), at: start)
        #expect(life.task.lastStatus == .stopping)
        life.containerExited(0, .signal(15), at: start)
        life.finish(record([.signal(15)]), usage: TaskUsage())
        #expect(life.task.stopCode == .userInitiated)
        #expect(life.task.stoppedReason == "enough")
        #expect(life.task.containers[0].exitCode == 143)
    }

    @Test func `memory is named as the cause by the kernel's count, not by the exit code`() {
        var usage = TaskUsage()
        var killed = life()
        killed.finish(record([.signal(9)]), usage: usage)
        #expect(killed.task.containers[0].reason == nil)

        usage.oomKills = 1
        usage.containerOOMKills = [0: 1]
        var victim = life()
        victim.finish(record([.signal(9)]), usage: usage)
        #expect(victim.task.containers[0].exitCode == 137)
        #expect(victim.task.containers[0].reason == "OutOfMemoryError: Container killed due to memory usage")

        var parent = life()
        parent.finish(record([.code(1)]), usage: usage)
        #expect(parent.task.containers[0].reason?.hasPrefix("OutOfMemoryError: ") == true)
        var survivor = life()
        survivor.finish(record([.code(0)]), usage: usage)
        #expect(survivor.task.containers[0].reason == nil)
    }

    @Test func `an exit that nobody saw is unknown, not a number`() {
        var life = life()
        life.containerStarted(0, at: start)
        life.lose(at: start)
        #expect(life.task.lastStatus == .stopped)
        #expect(life.task.containers[0].exitCode == nil)
        #expect(life.task.containers[0].reason?.hasPrefix("ExitUnknownError: ") == true)
    }

    @Test func `output that could not be stored is told, beside any other reason`() {
        var whole = record([.code(0)])
        var life = life()
        whole.containers[0].lostOutputBytes = 42
        life.finish(whole, usage: TaskUsage())
        let told = "OutputLostError: 42 bytes of output could not be stored; look for room on the host's disk"
        #expect(life.task.containers[0].reason == told)

        var usage = TaskUsage()
        usage.containerOOMKills = [0: 1]
        var killed = self.life()
        whole = record([.signal(9)])
        whole.containers[0].lostOutputBytes = .max
        killed.finish(whole, usage: usage)
        #expect(killed.task.containers[0].reason?.hasPrefix("OutOfMemoryError: ") == true)
        #expect(killed.task.containers[0].reason?.contains("; OutputLostError: 4 GiB or more of output") == true)
    }
}
