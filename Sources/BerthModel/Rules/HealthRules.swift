extension DefinitionCheck {
    /// Health check, timeouts and restart policy of one container; bounds from the Amazon ECS API reference.
    mutating func checkHealthAndRestart(_ container: ContainerDefinition) {
        if let health = container.healthCheck { check(health) }
        for (member, seconds) in [("startTimeout", container.startTimeout), ("stopTimeout", container.stopTimeout)] {
            guard let seconds else { continue }
            if isFargate {
                checkRange(seconds, member, 2...120)
            } else {
                checkRange(seconds, member, 0...Int(Int32.max))
            }
        }
        guard let policy = container.restartPolicy else { return }
        if policy.enabled == nil {
            faults.client("Invalid 'restartPolicy' setting for container '\(container.label)': it needs 'enabled'.")
        }
        if (policy.ignoredExitCodes ?? []).count > 50 {
            faults.client(
                "Invalid 'restartPolicy' setting for container '\(container.label)': at most 50 ignoredExitCodes.")
        }
        if let period = policy.restartAttemptPeriod, !(60...1800).contains(period) {
            faults.client(
                "the 'restartAttemptPeriod' setting for container '\(container.label)' must be between 60 and 1800")
        }
    }

    private mutating func check(_ health: HealthCheck) {
        let command = health.command ?? []
        let takes = command.first == "NONE" || (["CMD", "CMD-SHELL"].contains(command.first) && command.count > 1)
        if !takes {
            faults.client("Invalid 'healthCheck.command' setting: begin with CMD or CMD-SHELL, then the command.")
        }
        if let interval = health.interval { checkRange(interval, "healthCheck.interval", 5...300) }
        if let timeout = health.timeout { checkRange(timeout, "healthCheck.timeout", 2...60) }
        if let retries = health.retries { checkRange(retries, "healthCheck.retries", 1...10) }
        if let period = health.startPeriod { checkRange(period, "healthCheck.startPeriod", 0...300) }
    }

    private mutating func checkRange(_ value: Int, _ member: String, _ range: ClosedRange<Int>) {
        if !range.contains(value) {
            faults.client(
                "Invalid '\(member)' setting: \(value). It must be between \(range.lowerBound) and \(range.upperBound)."
            )
        }
    }
}
