import BerthLinux
import Glibc
import Synchronization
import Testing

@Suite("What waits for a lull")
struct PostponedTests {
    private static let never = Duration.seconds(3600)

    @Test("is done one after the other, what came first in front")
    func order() {
        var postponed = Postponed<String>(["a", "b"], pause: .zero, patience: Self.never)
        let isFirst = postponed.add("c")
        #expect(!isFirst, "somebody is at it already")
        var done: [String] = []
        while let next = postponed.next() {
            done.append(next.item)
            #expect(!next.isPressing)
        }
        #expect(done == ["a", "b", "c"])
        #expect(postponed.wait == -1)
    }

    @Test("waits again once a task comes or goes in between", arguments: [true, false])
    func lullEnds(byEnd: Bool) {
        var postponed = Postponed<String>(["a", "b"], pause: Self.never, patience: Self.never)
        let first = postponed.next()
        if byEnd { _ = postponed.add("c") } else { postponed.taskComes() }
        let second = postponed.next()
        #expect(first?.item == "a" && second == nil)
        #expect(postponed.wait > 0)
    }

    @Test("is waited for by whoever does it, who is told of the first")
    func first() {
        var postponed = Postponed<String>(pause: Self.never, patience: Self.never)
        #expect(postponed.wait == -1)
        let told = [postponed.add("a"), postponed.add("b")]
        #expect(told == [true, false])
    }

    @Test("does not wait when it is too much")
    func tooMany() {
        var postponed = Postponed<String>(pause: Self.never, most: 3, patience: Self.never)
        let told = ["a", "b", "c"].map { postponed.add($0) }
        #expect(told == [true, false, false])
        let patient = postponed.next()
        #expect(patient == nil)

        let isPressing = postponed.add("d")
        let (next, after) = (postponed.next(), postponed.next())
        #expect(isPressing && next?.item == "a" && next?.isPressing == true)
        #expect(after == nil)
    }

    @Test("does not wait longer than it may, however busy the host is")
    func patience() {
        var postponed = Postponed<String>(["a"], pause: Self.never, patience: .zero)
        postponed.taskComes()
        #expect(postponed.wait == 0)
        let next = postponed.next()
        #expect(next?.item == "a" && next?.isPressing == false)
    }

    @Test("is tried again when the next comes, if it could not be done")
    func failed() {
        var postponed = Postponed<String>(["a"], pause: .zero, patience: Self.never)
        let first = postponed.next()
        postponed.putAside("a")
        let nothing = postponed.next()
        #expect(first?.item == "a" && nothing == nil && postponed.wait == -1)
        let isToldOfFirst = postponed.add("b")
        let again = [postponed.next(), postponed.next()].map { $0?.item }
        #expect(isToldOfFirst && again == ["a", "b"])
    }

    private func count() throws -> Int {
        let tasks = try OwnedDescriptor.open("/proc/self/task", flags: O_RDONLY | O_DIRECTORY)
        return try tasks.entryNames("/proc/self/task").filter { name in
            let thread = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // One that has just ended has no name any more.
            return (try? SmallFile.read("/proc/self/task/\(thread)/comm")) == "test-lull\n"
        }.count
    }

    @Test(
        "is done on a thread that is woken for it, also by something urgent, and no more once its owner is gone",
        .timeLimit(.minutes(10)))
    func thread() async throws {
        let (done, noted) = AsyncStream<String>.makeStream()
        let fails = Atomic(true)
        var thread: LullThread<String>? = try LullThread(
            name: "test-lull", Postponed(["found"], pause: .zero, patience: Self.never), rest: 1
        ) { item in
            noted.yield(item)
            return item != "found" || !fails.exchange(false, ordering: .relaxed)
        }
        var reader = done.makeAsyncIterator()
        #expect(await reader.next() == "found")
        // By the same thread, which has put the other one back by then.
        thread?.soon { noted.yield("urgent") }
        #expect(await reader.next() == "urgent")
        thread?.postpone("left")
        #expect(await reader.next() == "found")
        #expect(await reader.next() == "left")
        #expect(try count() == 1)
        thread = nil
        // It may take a moment to go; for ever would be seen by whoever waits for this test.
        while try count() > 0 { usleep(1000) }
    }
}
