extension QueryService {
    /// AWS Security Token Service, version 2011-06-15: who am I?
    static let sts = QueryService(
        name: "sts",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
        operations: [
            "GetCallerIdentity": { _, caller in
                XML.element("Arn", caller.principal.arn) + XML.element("UserId", caller.principal.userId)
                    + XML.element("Account", caller.principal.account)
            }
        ])
}
