/// What a value's `encode(to:)` writes to: the end of the text.
struct JSONStream: Encoder {
    let text: JSONText
    /// How many objects and arrays are open around the value.
    let depth: Int

    /// Nothing that is written here depends on it, so that nobody keeps it.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(JSONMembers(text: text, place: text.begin(object: true, at: depth)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONElements(text: text, place: text.begin(object: false, at: depth))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension JSONStream: SingleValueEncodingContainer {
    func encodeNil() { text.appendNull() }
    func encode<Value: Encodable>(_ value: Value) throws { try text.append(value) }
}

/// The members of an object.
private struct JSONMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let text: JSONText
    let place: JSONText.Place

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) throws {
        try text.beginMember(key.stringValue, of: place)
        text.appendNull()
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try text.beginMember(key.stringValue, of: place)
        try text.append(value)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        nested(in: key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nested(in: key.stringValue).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { nested(in: "super") }

    func superEncoder(forKey key: Key) -> any Encoder { nested(in: key.stringValue) }

    private func nested(in member: String) -> JSONStream {
        text.keepingFault { try text.beginMember(member, of: place) }
        return JSONStream(text: text, depth: text.depth)
    }
}

/// The elements of an array.
private struct JSONElements: UnkeyedEncodingContainer {
    let text: JSONText
    let place: JSONText.Place
    private(set) var count = 0

    init(text: JSONText, place: JSONText.Place) {
        self.text = text
        self.place = place
    }

    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() throws {
        try begin()
        text.appendNull()
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        try begin()
        try text.append(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        nested().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }

    mutating func superEncoder() -> any Encoder { nested() }

    private mutating func begin() throws {
        try text.beginElement(of: place)
        count += 1
    }

    private mutating func nested() -> JSONStream {
        text.keepingFault { try begin() }
        return JSONStream(text: text, depth: text.depth)
    }
}
