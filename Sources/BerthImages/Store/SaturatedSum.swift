extension Int64 {
    /// The sum, or the largest number there is: what strangers' files add up to must not end the process.
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
