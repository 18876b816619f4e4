import ArgumentParser
import BerthAPI
import BerthModel
import Foundation

/// `berth bill`.
struct Bill: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv }

    static let configuration = CommandConfiguration(
        abstract: "Show what tasks cost: reserved, used and price, exactly.",
        discussion: """
            Charged is what was reserved, for whole seconds from the start of the pull to the end of the task; what was
            used stands beside it. Newest first; a table's columns are as wide as each hundred tasks need. JSON is an
            array, and with --task one object.

            EXAMPLES
              berth bill
              berth bill --task 3f2a --format json
              berth bill --format csv > bill.csv
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("One task only: its ARN, id, or the beginning of either.", valueName: "task"))
    var task: String?

    @Option(help: "table, json or csv.")
    var format = Format.table

    func run() async throws {
        try await connection.withClient { client in
            var query: [(String, String)] = []
            if let task { query = [("task", try await TaskArgument.resolve(task, with: client).id)] }
            var pages = BillPages(format: format, single: task != nil)
            // However many tasks there are, one page of them is held here and in the daemon.
            while true {
                let reply: BillReply = try await client.get("bill", query: query)
                try StandardOutput.write(try pages.text(reply.bills, isLast: reply.nextToken == nil))
                guard let token = reply.nextToken else { return }
                query = [("nextToken", token)]
            }
        }
    }
}
