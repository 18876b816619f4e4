extension DefinitionCheck {
    /// The log driver and its options (Amazon ECS developer guide, "Send Amazon ECS logs to CloudWatch").
    mutating func checkLog(_ container: ContainerDefinition) {
        guard let log = container.logConfiguration else { return }
        let driver = log.logDriver ?? ""
        let drivers =
            isFargate
            ? ["awslogs", "splunk", "awsfirelens"]
            : ["json-file", "syslog", "journald", "gelf", "fluentd", "awslogs", "splunk", "awsfirelens"]
        guard drivers.contains(driver) else {
            faults.client(
                "\(driver) is not a valid log driver. Must be one of [\(drivers.joined(separator: ", "))]")
            return
        }
        if !(log.secretOptions ?? []).isEmpty, (request.executionRoleArn ?? "").isEmpty {
            faults.client(
                "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'")
        }
        if driver == "awslogs" { checkAwslogs(log.options ?? [:]) }
    }

    private mutating func checkAwslogs(_ options: [String: String]) {
        let missing = ["awslogs-group", "awslogs-region"].filter { (options[$0] ?? "").isEmpty }
        if !missing.isEmpty { faults.client("Log driver awslogs requires options: \(missing.joined(separator: ", "))") }
        let unknown = options.keys.filter { AwslogsOptions.Key(rawValue: $0) == nil }.sorted()
        if !unknown.isEmpty {
            faults.client("Log driver awslogs disallows options: \(unknown.joined(separator: ", "))")
        }
        if isFargate, (options["awslogs-stream-prefix"] ?? "").isEmpty {
            faults.client("Fargate requires log configuration options to include awslogs-stream-prefix")
        }
        if isFargate, (request.executionRoleArn ?? "").isEmpty {
            faults.client(
                "Fargate requires task definition to have execution role ARN to support log driver awslogs.")
        }
        checkAwslogsValues(options)
    }

    private mutating func checkAwslogsValues(_ options: [String: String]) {
        if let group = options["awslogs-group"], !group.isEmpty, !AwslogsOptions.isGroupName(group) {
            faults.client(
                "Invalid log option awslogs-group '\(group)': use 1 to 512 letters, digits and _ - / . # characters.")
        }
        if let prefix = options["awslogs-stream-prefix"], prefix.contains(where: { $0 == ":" || $0 == "*" }) {
            faults.client("Invalid log option awslogs-stream-prefix '\(prefix)': it must not contain ':' or '*'.")
        }
        checkChoice(options["awslogs-create-group"], "awslogs-create-group", ["true", "false"])
        checkChoice(options["mode"], "mode", ["blocking", "non-blocking"])
        if options["awslogs-datetime-format"] != nil, options["awslogs-multiline-pattern"] != nil {
            faults.client(
                "Log driver awslogs takes awslogs-datetime-format or awslogs-multiline-pattern, not both.")
        }
        if let size = options["max-buffer-size"], !AwslogsOptions.isBufferSize(size) {
            faults.client("Invalid log option max-buffer-size '\(size)': use a number with k, m or g, for example 25m.")
        }
    }
}
