import BerthConfinement
import BerthOCI

extension Verb {
    static let features = Verb(
        name: "features", operands: "", summary: "show what this runtime does, as JSON", count: 0...0
    ) { _ throws(Failure) in
        let architectures = RuntimeSeccomp.Architecture.allCases.map(\.rawValue).filter { name in
            CustomSeccompPolicy.isKnown(architecture: name.dropFirst("SCMP_ARCH_".count).lowercased())
        }
        let document = RuntimeFeatures.document(
            capabilities: Capability.allCases.map { "CAP_\($0.name)" }, architectures: architectures,
            annotations: [("io.github.seccomp.libseccomp.version", CustomSeccompPolicy.libraryVersion)])
        StandardOutput.write(document.text(indent: "  ") + "\n")
        return 0
    }
}
