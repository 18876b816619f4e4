/// The five capability sets of a process, by name as the document writes them (`CAP_NET_BIND_SERVICE`).
public struct ProcessCapabilities: Equatable, Sendable {
    public var bounding: [String] = []
    public var effective: [String] = []
    public var inheritable: [String] = []
    public var permitted: [String] = []
    public var ambient: [String] = []

    public init() {}

    init(_ field: Field) throws(SpecError) {
        bounding = try field.member("bounding").strings()
        effective = try field.member("effective").strings()
        inheritable = try field.member("inheritable").strings()
        permitted = try field.member("permitted").strings()
        ambient = try field.member("ambient").strings()
    }
}
