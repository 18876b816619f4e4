import BerthOCI
import Glibc

/// A bundle: a directory with a container's configuration and, most often, its root file system.
struct Bundle {
    /// Absolute.
    var path: String
    /// `config.json` as it was read, for what comes after the bundle is gone or changed.
    var text: [UInt8]
    var document: JSONValue
    var configuration: RuntimeConfiguration

    /// Reads and checks `config.json` of a directory, by default of the working directory.
    init(_ directory: String?) throws(Failure) {
        var path = directory.flatMap { $0.isEmpty ? nil : $0 } ?? "."
        guard let real = realpath(path, nil) else {
            throw Failure("cannot open the bundle \(path): \(String(cString: strerror(errno)))")
        }
        path = String(cString: real)
        free(real)
        try self.init(path: path, configuration: path + "/config.json")
    }

    /// - Parameter file: where the bundle's configuration lies.
    init(path: String, configuration file: String) throws(Failure) {
        self.path = path
        text = try JSONReader.text(of: file)
        document = try JSONReader.parse(text, name: file)
        do throws(SpecError) {
            configuration = try RuntimeConfiguration(document)
        } catch {
            throw Failure("\(path)/config.json: \(error)")
        }
    }

    /// A path that may be relative to the bundle.
    func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(self.path)/\(path)" }

    var rootDirectory: String { absolute(configuration.root.path) }
}
