import BerthModel
import Foundation

/// A place in the list of task definitions.
public struct DefinitionKey: Equatable, Sendable {
    /// The definition's name.
    public var family: String
    /// Counted from 1 in each family.
    public var revision: Int
    public init(family: String, revision: Int) {
        self.family = family
        self.revision = revision
    }
}

extension StoreReader {
    /// One revision, or the latest active one of the family when `revision` is nil; with its tags.
    public func definition(family: String, revision: Int?) throws -> TaskDefinitionResponse? {
        let found =
            if let revision {
                try row(
                    "SELECT document, tags FROM task_definitions WHERE family = ? AND revision = ?", [family, revision])
            } else {
                try row(
                    """
                    SELECT document, tags FROM task_definitions WHERE family = ? AND status = 'ACTIVE'
                    ORDER BY revision DESC LIMIT 1
                    """, [family])
            }
        guard let found else { return nil }
        return TaskDefinitionResponse(
            taskDefinition: try DecodedDefinitions.shared.definition(found[0]),
            tags: try Document.decode([Tag].self, found[1]))
    }

    /// Families and revisions in order, those after `after`; of all families when `family` is nil.
    public func definitions(
        family: String?, status: String, descending: Bool, after: DefinitionKey?, limit: Int
    ) throws -> [DefinitionKey] {
        let (order, compare) = descending ? ("DESC", "<") : ("ASC", ">")
        let place =
            after
            ?? (descending ? DefinitionKey(family: "\u{10FFFF}", revision: 0) : DefinitionKey(family: "", revision: 0))
        return try rows(
            """
            SELECT family, revision FROM task_definitions
            WHERE \(family == nil ? "" : "family = :only AND") (family, revision) \(compare) (:family, :revision)
                AND status = :status
            ORDER BY family \(order), revision \(order) LIMIT :limit
            """,
            family.map {
                ["only": $0, "status": status, "family": place.family, "revision": place.revision, "limit": limit]
            }
                ?? ["status": status, "family": place.family, "revision": place.revision, "limit": limit]
        ).map { DefinitionKey(family: $0[0], revision: $0[1]) }
    }
}

extension StoreWriter {
    /// Keeps a new revision: the next after the highest there ever was, also when that is gone.
    ///
    /// - Parameter definition: given the revision, makes the definition to keep.
    public func addDefinition(
        family: String, tags: [Tag], _ definition: (_ revision: Int) throws -> TaskDefinition
    ) throws -> TaskDefinition {
        try execute(
            """
            INSERT INTO families VALUES (?, 1) ON CONFLICT (family) DO UPDATE SET last_revision = last_revision + 1
            """, [family])
        let revision: Int = try reader.row("SELECT last_revision FROM families WHERE family = ?", [family])?[0] ?? 1
        let definition = try definition(revision)
        try execute(
            "INSERT INTO task_definitions (family, revision, status, document, tags) VALUES (?, ?, ?, ?, ?)",
            [family, revision, definition.status, try Document.encode(definition), try Document.encode(tags)])
        return definition
    }
}
