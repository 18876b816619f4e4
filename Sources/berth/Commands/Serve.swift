import ArgumentParser

/// `berth serve`: the daemon.
struct Serve: AsyncParsableCommand {
}
