extension IPv4Address {
    /// The name that a VPC gives an address, for example `ip-10-213-0-5.eu-west-1.compute.internal` (Amazon VPC user
    /// guide, "DNS attributes for your VPC"); us-east-1, the oldest region, has a suffix of its own.
    public func privateName(region: String) -> String {
        let suffix = region == "us-east-1" ? "ec2.internal" : "\(region).compute.internal"
        return "ip-\(bytes.map(String.init).joined(separator: "-")).\(suffix)"
    }
}
