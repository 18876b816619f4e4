import Foundation
import Testing

@testable import BerthAPI

@Suite("What a task may do in its role")
struct RolePermissionsTests {
    private static let arn = "arn:aws:iam::123456789012:role/jobs/etl"
    private let principal = Principal(AssumedRole(arn: arn, task: "0123"), account: "123456789012")

    @Test(
        "operations are listed with wildcards, and case does not count",
        arguments: [
            ("ecs:RunTask", "ecs:RunTask", true), ("ECS:runtask", "ecs:RunTask", true),
            ("ecs:Run*", "ecs:RunTask", true),
            ("ecs:*Task", "ecs:RunTask", true), ("ecs:R?nTask", "ecs:RunTask", true), ("*", "logs:GetLogEvents", true),
            ("logs:*", "logs:GetLogEvents", true), ("ecs:*T*s*", "ecs:DescribeTasks", true),
            ("ecs:RunTask", "ecs:RunTasks", false), ("ecs:RunTasks", "ecs:RunTask", false),
            ("ecs:Run", "ecs:RunTask", false),
            ("logs:*", "ecs:RunTask", false), ("ecs:?", "ecs:RunTask", false), ("ecs:*x", "ecs:RunTask", false),
            ("ecs:*****x", "ecs:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ])
    func patterns(_ pattern: String, _ action: String, _ isAllowed: Bool) throws {
        #expect(try RolePermissions([Self.arn: [pattern]]).allow(action, to: principal) == isAllowed)
    }

    @Test("a role that is not listed may only ask who it is; who has no role may do all")
    func unlisted() throws {
        for permissions in [RolePermissions.none, try RolePermissions(["arn:aws:iam::1:role/other": ["*"]])] {
            #expect(permissions.allow("sts:GetCallerIdentity", to: principal))
            #expect(!permissions.allow("ecs:RunTask", to: principal))
            #expect(permissions.allow("ecs:RunTask", to: .admin(account: "123456789012")))
        }
    }

    @Test("the refusal is AWS's")
    func refusal() {
        let fault = #expect(throws: RequestFault.self) { try RolePermissions.none.check("ecs:RunTask", by: principal) }
        #expect(fault?.jsonCode == "AccessDeniedException" && fault?.queryCode == "AccessDenied")
        #expect(
            fault?.message.hasPrefix(
                "User: arn:aws:sts::123456789012:assumed-role/etl/0123 is not authorized to perform: ecs:RunTask on "
                    + "resource: *") == true)
        let pass = #expect(throws: RequestFault.self) {
            try RolePermissions([Self.arn: ["iam:GetRole"]]).check("iam:PassRole", by: principal, on: "arn:other")
        }
        #expect(pass?.message.contains("iam:PassRole on resource: arn:other because") == true)
        #expect(throws: RequestFault.self) { try RolePermissions.none.checkPass(of: "arn:other", by: principal) }
        #expect(throws: Never.self) {
            try RolePermissions.none.checkPass(of: Self.arn, by: principal)
            try RolePermissions([Self.arn: ["iam:PassRole"]]).checkPass(of: "arn:other", by: principal)
        }
    }

    @Test(
        "entries that can never count are faults that name the role and the remedy",
        arguments: [
            ("etl", "*"), ("arn:aws:iam::1:user/a", "*"), (arn, ""), (arn, "RunTask"), (arn, "ecs:"),
            (arn, "s3:GetObject"),
            (arn, "ecs:a:b"), (arn, "**"),
        ])
    func faults(_ role: String, _ operation: String) {
        let fault = #expect(throws: RolePermissions.Fault.self) { try RolePermissions([role: [operation]]) }
        #expect(fault?.description.contains("role '\(role)': ") == true)
        #expect(fault?.remedy.hasPrefix("Write ") == true)
    }
}
