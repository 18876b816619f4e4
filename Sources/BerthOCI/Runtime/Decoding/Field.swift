/// A place in a document: a value, which may be absent, and the path to it, which every error names.
///
/// `null` is the same as absent, and unknown members are never looked at (runtime-spec, config.md, "Extensibility").
public struct Field: Sendable {
    /// From the document's root, for example `mounts[3].options[0]`; empty for the document itself.
    public var path: String
    /// Nil when the field is absent or `null`.
    public var value: JSONValue?

    /// The whole document.
    public init(document: JSONValue) {
        path = ""
        value = document
    }

    private init(path: String, value: JSONValue?) {
        self.path = path
        self.value = value == .null ? nil : value
    }

    public var isPresent: Bool { value != nil }

    /// The member of an object. Nothing has no members; anything else but an object is an error.
    public func member(_ name: String) throws(SpecError) -> Field {
        if let value, case .object = value {} else if value != nil { throw wrongType("an object") }
        return Field(path: path.isEmpty ? name : "\(path).\(name)", value: value?[name])
    }

    /// The fields of a list in order; none when it is absent.
    public func elements() throws(SpecError) -> [Field] {
        guard let value else { return [] }
        guard case .array(let elements) = value else { throw wrongType("a list") }
        return elements.enumerated().map { Field(path: "\(path)[\($0.offset)]", value: $0.element) }
    }

    /// The members of an object that is a map, in order.
    public func entries() throws(SpecError) -> [(name: String, field: Field)] {
        guard let value else { return [] }
        guard case .object(let members) = value else { throw wrongType("an object") }
        return members.map { ($0.name, Field(path: "\(path).\($0.name)", value: $0.value)) }
    }

    /// Decodes what is there; nil when it is absent.
    public func decode<Value>(_ read: (Field) throws(SpecError) -> Value) throws(SpecError) -> Value? {
        isPresent ? try read(self) : nil
    }

    /// Decodes each element of a list; none when it is absent.
    public func list<Value>(_ read: (Field) throws(SpecError) -> Value) throws(SpecError) -> [Value] {
        var values: [Value] = []
        for element in try elements() { values.append(try read(element)) }
        return values
    }

    /// The value as JSON, shortened: an error should fit a line.
    var shown: String? {
        guard let text = value?.text() else { return nil }
        return text.count > 80 ? text.prefix(77) + "…" : text
    }

    /// An error about this field.
    public func error(_ problem: String, _ remedy: String) -> SpecError {
        SpecError(path, value: shown, problem: problem, remedy: remedy)
    }

    /// An error about a field that asks for what Berth does not do.
    public func unsupported(_ what: String, remedy: String = "remove it") -> SpecError {
        error("Berth does not do \(what)", remedy)
    }

    /// Refuses a field that is there at all.
    func refuse(_ what: String, remedy: String = "remove it") throws(SpecError) {
        if isPresent { throw unsupported(what, remedy: remedy) }
    }

    func wrongType(_ type: String) -> SpecError { error("must be \(type)", "write \(type) or remove the field") }

    var missing: SpecError { SpecError(path, problem: "is missing", remedy: "the runtime specification requires it") }
}
