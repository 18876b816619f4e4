import Foundation

extension PriceSheet {
    /// Reads a sheet as in `Config/prices/`.
    ///
    /// - Throws: ``LedgerError`` that names the key and the remedy: for a key that is missing or not known, and for a
    ///   value of the wrong kind.
    public init(json: Data) throws(LedgerError) {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: json), case .object(let members) = value
        else {
            throw LedgerError(
                operation: "read price sheet", subject: "file", cause: "it is not a JSON object",
                remedy: "Start from Config/prices/fargate-us-east-1.json.")
        }
        var sheet = StrictObject(members)
        id = try sheet.string("id", "Name the sheet, for example \"fargate-us-east-1\".")
        version = try sheet.string("version", "Give every change a new version, for example \"1\".")
        currency = try sheet.string("currency", "Use the three letters of ISO 4217, for example \"USD\".")
        validFrom = try sheet.moment("validFrom")
        source = try sheet.string("source", "Say where the prices come from.")
        platform = try sheet.string("platform", "For example \"linux-x86\".")
        minimumSeconds = try sheet.integer("minimumSeconds", in: 0...86400, "Fargate's is 60 (Windows: 300).")
        includedStorageGiB = try sheet.integer("includedStorageGiB", in: 0...65536, "Fargate's is 20.")
        var prices = try sheet.object("prices", "Give vcpuSecond, gibSecond and storageGiBSecond.")
        self.prices = Prices(
            vcpuSecond: try prices.price("vcpuSecond"),
            gibSecond: try prices.price("gibSecond"),
            storageGiBSecond: try prices.price("storageGiBSecond"),
            osLicenceVCPUSecond: try prices.optionalPrice("osLicenceVCPUSecond"),
            networkReceivedByte: try prices.optionalPrice("networkReceivedByte"),
            networkSentByte: try prices.optionalPrice("networkSentByte"))
        try prices.finish()
        try sheet.finish()
        guard currency.utf8.count == 3, currency.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw sheet.fault("currency", "'\(currency)' is not a currency code", "Use ISO 4217, for example \"USD\".")
        }
    }

    /// Reads the sheet at a path.
    public init(path: String) throws(LedgerError) {
        let json: Data
        do {
            json = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw LedgerError(
                operation: "read price sheet", subject: path,
                cause: "the file cannot be read (\(error.localizedDescription))",
                remedy: "Check the path and its permissions.")
        }
        do throws(LedgerError) {
            try self.init(json: json)
        } catch {
            throw LedgerError(
                operation: error.operation, subject: "\(path): \(error.subject)", cause: error.cause,
                remedy: error.remedy)
        }
    }
}

extension StrictObject {
    fileprivate mutating func moment(_ key: String) throws(LedgerError) -> Date {
        let remedy = "Write a moment in UTC, for example \"2024-01-01T00:00:00Z\"."
        let text = try string(key, remedy)
        guard let date = try? Date(text, strategy: .iso8601) else { throw fault(key, "it is not a moment", remedy) }
        return date
    }
}
