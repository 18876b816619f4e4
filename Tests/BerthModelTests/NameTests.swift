import BerthModel
import Testing

private let account = Account(region: "eu-west-1", id: "123456789012")
private let id = "0123456789abcdef0123456789abcdef"

/// Runs `body` and gives the error that it throws, nil when it throws none.
func caught(_ body: () throws(ServiceError) -> Void) -> ServiceError? {
    do throws(ServiceError) {
        try body()
        return nil
    } catch {
        return error
    }
}

@Suite("Names of clusters")
struct ClusterNameTests {
    @Test(
        "are read from names, ARNs and nothing",
        arguments: [
            (nil, "default"), ("", "default"), ("etl", "etl"), ("A-b_9", "A-b_9"),
            ("arn:aws:ecs:eu-west-1:123456789012:cluster/etl", "etl"),
        ] as [(String?, String)])
    func parse(text: String?, name: String) throws {
        #expect(try ClusterName.parse(text, account: account) == name)
    }

    @Test(
        "of elsewhere or of other things are not found",
        arguments: [
            "arn:aws:ecs:us-east-1:123456789012:cluster/etl", "arn:aws:ecs:eu-west-1:999999999999:cluster/etl",
            "arn:aws:ecs:eu-west-1:123456789012:task/etl", "arn:aws:ecs:eu-west-1:123456789012:cluster/",
            "arn:aws:ecs:eu-west-1:123456789012:cluster/a/b", "arn:aws:batch:eu-west-1:123456789012:cluster/etl",
            "arn:aws:ecs", "arn:",
        ])
    func notFound(text: String) {
        #expect(
            caught { () throws(ServiceError) in _ = try ClusterName.parse(text, account: account) } == .clusterNotFound)
    }

    @Test(
        "with other characters are refused", arguments: ["a b", "a/b", "ä", "a.b", String(repeating: "a", count: 256)])
    func bad(text: String) {
        let error = caught { () throws(ServiceError) in _ = try ClusterName.parse(text, account: account) }
        #expect(error?.code == "InvalidParameterException")
    }
}

@Suite("Names of task definitions")
struct TaskDefinitionNameTests {
    @Test(
        "are read from families, revisions and ARNs",
        arguments: [
            ("etl", "etl", nil), ("etl:7", "etl", 7), ("etl:007", "etl", 7),
            ("arn:aws:ecs:eu-west-1:123456789012:task-definition/etl:7", "etl", 7),
            ("arn:aws:ecs:eu-west-1:123456789012:task-definition/etl", "etl", nil),
        ] as [(String, String, Int?)])
    func parse(text: String, family: String, revision: Int?) throws {
        let name = try TaskDefinitionName(text, account: account)
        #expect(name == TaskDefinitionName(family: family, revision: revision))
    }

    @Test(
        "with a revision that is no number say so",
        arguments: ["x", "", "0", "-1", "1.5", "99999999999999999999", "1:2"])
    func badRevision(revision: String) {
        let error = caught { () throws(ServiceError) in _ = try TaskDefinitionName("etl:\(revision)", account: account)
        }
        #expect(error == .invalidParameter("Invalid revision number. Number: \(revision)"))
    }

    @Test(
        "that nothing can have are not found, in the words of the operation",
        arguments: [
            "a b", ":1", "arn:aws:ecs:us-east-1:123456789012:task-definition/etl:7",
            "arn:aws:ecs:eu-west-1:123456789012:task/etl", "arn:aws:ecs:eu-west-1:123456789012:task-definition/a/b",
        ])
    func notFound(text: String) {
        #expect(
            caught { () throws(ServiceError) in _ = try TaskDefinitionName(text, account: account) }
                == .client("TaskDefinition not found."))
        #expect(
            caught { () throws(ServiceError) in
                _ = try TaskDefinitionName(text, account: account, notFound: .unableToDescribeTaskDefinition)
            } == .client("Unable to describe task definition."))
    }

    @Test("must be there", arguments: [nil, ""] as [String?])
    func missing(text: String?) {
        let error = caught { () throws(ServiceError) in _ = try TaskDefinitionName(text, account: account) }
        #expect(error?.code == "InvalidParameterException")
    }
}

@Suite("Names of tasks")
struct TaskNameTests {
    @Test("are read from ids and both forms of ARN")
    func parse() throws {
        let byID = try TaskName(id, account: account)
        #expect(byID.id == id && byID.cluster == nil)
        let byARN = try TaskName("arn:aws:ecs:eu-west-1:123456789012:task/etl/\(id)", account: account)
        #expect(byARN.id == id && byARN.cluster == "etl")
        let byShortARN = try TaskName("arn:aws:ecs:eu-west-1:123456789012:task/\(id)", account: account)
        #expect(byShortARN.id == id && byShortARN.cluster == nil)
    }

    @Test(
        "that can be none are refused",
        arguments: [
            "", "abc", id + "0", id.uppercased(), "z" + id.dropFirst(),
            "arn:aws:ecs:eu-west-1:123456789012:task/a/b/\(id)",
            "arn:aws:ecs:eu-west-1:123456789012:cluster/\(id)", "arn:aws:ecs:eu-west-1:999999999999:task/etl/\(id)",
            "arn:aws:ecs:us-east-1:123456789012:task/etl/\(id)", "arn:aws:ecs:eu-west-1:123456789012:task/etl/",
        ])
    func bad(text: String) {
        let error = caught { () throws(ServiceError) in _ = try TaskName(text, account: account) }
        #expect(error?.code == "InvalidParameterException")
    }
}

@Suite("Tags")
struct TagTests {
    private func refusal(_ tags: [Tag]) -> String? {
        caught { () throws(ServiceError) in try TagRules.check(tags) }?.message
    }

    @Test("of letters of any script, digits, spaces and signs pass, also with empty values")
    func good() {
        #expect(
            refusal([Tag(key: "Größe 1_.:/=+-@", value: ""), Tag(key: "日本", value: "x y"), Tag(key: "a", value: nil)])
                == nil)
        #expect(refusal((1...50).map { Tag(key: "k\($0)", value: String(repeating: "v", count: 256)) }) == nil)
        #expect(refusal([]) == nil)
    }

    @Test(
        "that break a rule are refused by name",
        arguments: [
            ("", "v", "1 to 128"), (String(repeating: "k", count: 129), "v", "1 to 128"), ("a#b", "v", "a#b"),
            ("k", "v;w", "'k'"), ("aws:x", "v", "reserved"), ("AWS:x", "v", "reserved"),
            ("k", String(repeating: "v", count: 257), "256"),
        ])
    func bad(key: String, value: String, text: String) {
        #expect(refusal([Tag(key: key, value: value)])?.contains(text) == true)
    }

    @Test("are at most fifty, and each key once")
    func number() {
        #expect(refusal((1...51).map { Tag(key: "k\($0)", value: "") })?.contains("51") == true)
        #expect(refusal([Tag(key: "a", value: "1"), Tag(key: "a", value: "2")])?.contains("Duplicate") == true)
    }
}

@Suite("Page tokens")
struct PageTokenTests {
    @Test(
        "give back what they hold", arguments: ["", "a", "task/ß\n2", "~~~???>>>", String(repeating: "x", count: 1000)])
    func roundTrip(after: String) throws {
        let text = PageToken(list: "ListTasks", after: after).text
        #expect(try PageToken.after(text, of: "ListTasks") == after)
        #expect(text.utf8.allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "=") })
    }

    @Test("of another list, or of none, are refused")
    func bad() throws {
        let other = PageToken(list: "ListClusters", after: "a").text
        for text in [other, "x", "!!!!", "AAAA"] {
            #expect(
                caught { () throws(ServiceError) in _ = try PageToken.after(text, of: "ListTasks") }
                    == .invalidParameter("Invalid token."))
        }
        #expect(try PageToken.after(nil, of: "ListTasks") == nil)
        #expect(try PageToken.after("", of: "ListTasks") == nil)
    }

    @Test("go with page sizes of 1 to 100")
    func size() throws {
        #expect(try PageToken.pageSize(nil) == 100)
        #expect(try PageToken.pageSize(7) == 7)
        for size in [0, -1, 101] {
            #expect(
                caught { () throws(ServiceError) in _ = try PageToken.pageSize(size) }?.code
                    == "InvalidParameterException")
        }
    }
}
