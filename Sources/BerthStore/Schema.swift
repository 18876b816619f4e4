import GRDB

/// The tables, version by version. A migration that has been released is never changed: add another.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try $0.execute(sql: version1) }
        migrator.registerMigration("2 network leases") { try $0.execute(sql: version2) }
        migrator.registerMigration("3 one lease a task") { try $0.execute(sql: version3) }
        return migrator
    }

    /// A task's addresses, from its acceptance to its end. The task's own row says more of them; this table is for the
    /// key alone.
    private static let version2 = """
        CREATE TABLE network_leases (address TEXT PRIMARY KEY, task TEXT NOT NULL) WITHOUT ROWID;
        CREATE INDEX network_leases_by_task ON network_leases (task);
        """

    /// A lease goes by its address, and with a task's IPv4 address goes its IPv6 address.
    private static let version3 = """
        DROP INDEX network_leases_by_task;
        DELETE FROM network_leases WHERE address LIKE '%:%';
        """

    /// Times are milliseconds since 1970. Documents are JSON.
    ///
    /// `tasks.sequence` gives lists a stable order, newest first, and pages a cursor. Every list is by cluster and
    /// desired status (the API's own default), so each index begins with them and a page costs the same however many
    /// tasks have ever run.
    private static let version1 = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE clusters (
            name TEXT PRIMARY KEY,
            created INTEGER NOT NULL,
            document BLOB NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE families (family TEXT PRIMARY KEY, last_revision INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE task_definitions (
            family TEXT NOT NULL REFERENCES families,
            revision INTEGER NOT NULL,
            status TEXT NOT NULL,
            document BLOB NOT NULL,
            tags BLOB NOT NULL,
            PRIMARY KEY (family, revision)
        ) WITHOUT ROWID;

        CREATE TABLE tasks (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            cluster TEXT NOT NULL REFERENCES clusters,
            family TEXT NOT NULL,
            status TEXT NOT NULL,
            desired TEXT NOT NULL,
            version INTEGER NOT NULL,
            launch_type TEXT NOT NULL,
            started_by TEXT,
            created INTEGER NOT NULL,
            stopped INTEGER,
            document BLOB NOT NULL,
            launch BLOB NOT NULL
        );
        CREATE INDEX tasks_by_cluster ON tasks (cluster, desired, sequence);
        CREATE INDEX tasks_by_family ON tasks (cluster, family, desired, sequence);
        CREATE INDEX tasks_by_starter ON tasks (cluster, started_by, desired, sequence) WHERE started_by IS NOT NULL;
        CREATE INDEX tasks_live ON tasks (sequence) WHERE stopped IS NULL;
        CREATE INDEX tasks_by_end ON tasks (stopped) WHERE stopped IS NOT NULL;

        CREATE TABLE client_tokens (
            token TEXT PRIMARY KEY,
            request TEXT NOT NULL,
            tasks BLOB NOT NULL,
            created INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX client_tokens_by_age ON client_tokens (created);

        CREATE TABLE log_groups (
            name TEXT PRIMARY KEY,
            created INTEGER NOT NULL,
            bytes INTEGER NOT NULL DEFAULT 0,
            -- The longest that a stream of the group was open: what began longer before a time has ended by then.
            longest INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID;

        CREATE TABLE log_streams (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            log_group TEXT NOT NULL REFERENCES log_groups,
            name TEXT NOT NULL,
            task TEXT NOT NULL,
            container TEXT NOT NULL,
            path TEXT NOT NULL,
            created INTEGER NOT NULL,
            ended INTEGER,
            last INTEGER NOT NULL,
            bytes INTEGER NOT NULL DEFAULT 0,
            UNIQUE (log_group, name)
        );
        CREATE INDEX log_streams_open ON log_streams (log_group, created) WHERE ended IS NULL;
        CREATE INDEX log_streams_by_task ON log_streams (task);
        CREATE INDEX log_streams_by_time ON log_streams (log_group, last);
        CREATE INDEX log_streams_by_start ON log_streams (log_group, created, sequence);

        CREATE TABLE ledger (
            sequence INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            payload BLOB NOT NULL,
            previous_hash BLOB NOT NULL,
            hash BLOB NOT NULL
        );
        CREATE TRIGGER ledger_keeps_rows BEFORE UPDATE ON ledger
            BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER ledger_keeps_all BEFORE DELETE ON ledger
            BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        """
}
