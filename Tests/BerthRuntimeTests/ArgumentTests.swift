import Testing

@testable import BerthRuntime

@Suite("The command line")
struct ArgumentTests {
    private let options: [Option] = [
        .flag("detach", "d", ""), .value("bundle", "b", as: "DIRECTORY", ""), .value("env", "e", as: "NAME=VALUE", ""),
    ]

    private func parse(_ words: [String], end: Arguments.End = .anywhere) throws(UsageError) -> Arguments {
        try Arguments(words, options: options, end: end)
    }

    @Test(
        "one dash or two, with an equals sign or without: all are the same",
        arguments: [
            ["-b", "/x"], ["--bundle", "/x"], ["-bundle", "/x"], ["--bundle=/x"], ["-b=/x"], ["--b=/x"],
        ])
    func spellings(words: [String]) throws {
        #expect(try parse(words + ["c"])["bundle"] == "/x")
        #expect(try parse(words + ["c"]).operands == ["c"])
    }

    @Test("a flag takes no word of its own, but may be said to be false")
    func flags() throws {
        #expect(try parse(["-d", "c"]).has("detach"))
        #expect(try !parse(["--detach=false", "c"]).has("detach"))
        #expect(throws: UsageError.self) { try parse(["--detach=maybe"]) }
    }

    @Test("what follows the first operand of exec is the program's")
    func programs() throws {
        let arguments = try parse(["-d", "c", "sh", "-c", "--bundle"], end: .firstOperand)
        #expect(arguments.operands == ["c", "sh", "-c", "--bundle"])
        #expect(try parse(["c", "-d"]).has("detach"))
        #expect(try parse(["--", "-d"]).operands == ["-d"])
    }

    @Test("an option that may come again keeps all its values")
    func repeated() throws {
        #expect(try parse(["-e", "A=1", "--env=B=2"]).all("env") == ["A=1", "B=2"])
    }

    @Test("what is unknown or incomplete is an error that names it", arguments: [["--colour"], ["--bundle"]])
    func errors(words: [String]) {
        do throws(UsageError) {
            _ = try parse(words)
            Issue.record("accepted")
        } catch {
            #expect(error.description.contains(words[0]))
        }
    }

    @Test(
        "signals have names with and without SIG, and numbers",
        arguments: [("KILL", 9), ("SIGTERM", 15), ("sighup", 1), ("9", 9), ("RTMIN+3", 37), ("SIGRTMAX-1", 63)]
            as [(String, Int32)])
    func signals(text: String, number: Int32) throws {
        #expect(try SignalName.number(text) == number)
    }

    @Test("what is no signal is refused", arguments: ["", "0", "65", "SIGNOTHING", "-9", "RTMIN+99"])
    func notSignals(text: String) {
        #expect(throws: Failure.self) { try SignalName.number(text) }
    }

    @Test(
        "names of containers hold nothing that leads elsewhere", arguments: ["", ".", "..", "a/b", "a b", "ä", "a\n"])
    func badNames(text: String) {
        #expect(throws: Failure.self) { try ContainerID(text) }
    }

    @Test("lengths of time are read as Go writes them")
    func durations() throws {
        #expect(try Duration.milliseconds("1m30s") == 90_000)
        #expect(try Duration.milliseconds("500ms") == 500)
        #expect(throws: Failure.self) { try Duration.milliseconds("5") }
        #expect(throws: Failure.self) { try Duration.milliseconds("0s") }
    }
}
