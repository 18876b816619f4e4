import BerthOCI
import Foundation
import Testing

@Suite("An image's documents")
struct DocumentTests {
    private func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test("are read as Docker and Go write them, nulls and unknown members included")
    func configuration() throws {
        let configuration = try decode(
            ImageConfiguration.self,
            """
            {"architecture":"arm64","variant":"v8","os":"linux","created":"2024-05-01T00:00:00Z","author":"x",
             "config":{"Hostname":"","User":"etl:data","ExposedPorts":{"80/tcp":{}},"Env":["PATH=/bin","A=b=c"],
              "Cmd":null,"Entrypoint":["/bin/sh","-c"],"Volumes":null,"WorkingDir":"/srv","StopSignal":"SIGQUIT",
              "Labels":{"a":"b"},"OnBuild":null,"ArgsEscaped":true},
             "rootfs":{"type":"layers","diff_ids":["\(Self.digest)"]},
             "history":[{"created":"2024-05-01T00:00:00Z","created_by":"ADD x","empty_layer":true},{}]}
            """)
        #expect(configuration.platform.description == "linux/arm64/v8")
        #expect(configuration.config?.user == "etl:data")
        #expect(configuration.config?.environment == ["PATH=/bin", "A=b=c"])
        #expect(configuration.config?.command == nil)
        #expect(configuration.config?.entryPoint == ["/bin/sh", "-c"])
        #expect(configuration.config?.exposedPorts?.keys.sorted() == ["80/tcp"])
        #expect(configuration.config?.workingDirectory == "/srv")
        #expect(configuration.config?.stopSignal == "SIGQUIT")
        #expect(configuration.config?.labels == ["a": "b"])
        #expect(configuration.rootfs.diffIDs.map(\.description) == [Self.digest])
        #expect(configuration.history?.map(\.emptyLayer) == [true, nil])
    }

    @Test("may have no layers, but not leave them out")
    func noLayers() throws {
        let config = #""config":{"mediaType":"x","digest":"\#(Self.digest)","size":2}"#
        #expect(try decode(Manifest.self, #"{"schemaVersion":2,\#(config),"layers":null}"#).layers.isEmpty)
        #expect(throws: DecodingError.self) { try decode(Manifest.self, #"{"schemaVersion":2,\#(config)}"#) }
        #expect(
            try decode(
                ImageConfiguration.self, #"{"architecture":"a","os":"b","rootfs":{"type":"layers","diff_ids":null}}"#
            ).rootfs.diffIDs.isEmpty)
    }

    @Test("read back as they were written")
    func roundTrip() throws {
        let digest = try #require(Digest(Self.digest))
        let manifest = Manifest(
            config: Descriptor(mediaType: .configuration, digest: digest, size: 1),
            layers: [Descriptor(mediaType: .layerZstd, digest: digest, size: 3, annotations: ["a": "b"])])
        #expect(try JSONDecoder().decode(Manifest.self, from: JSONEncoder().encode(manifest)) == manifest)
        let index = Index(manifests: [
            Descriptor(
                mediaType: .manifest, digest: digest, size: 2, platform: Platform(architecture: "amd64", os: "linux"))
        ])
        #expect(try JSONDecoder().decode(Index.self, from: JSONEncoder().encode(index)) == index)
    }

    @Test("are refused with a digest or platform of the wrong type")
    func wrongTypes() {
        for text in [
            #"{"mediaType":"x","digest":"sha256:short","size":2}"#, #"{"mediaType":"x","digest":7,"size":2}"#,
            #"{"mediaType":"x","digest":"\#(Self.digest)","size":"2"}"#,
            #"{"mediaType":"x","digest":"\#(Self.digest)","size":1.5}"#,
            #"{"mediaType":"x","digest":"\#(Self.digest)","size":1e30}"#, #"{"digest":"\#(Self.digest)","size":2}"#,
        ] {
            #expect(throws: DecodingError.self, "\(text)") { try decode(Descriptor.self, text) }
        }
    }
}
