import Benchmark
import BerthUnpack
import Measuring

let benchmarks: @Sendable () -> Void = {
    // Reading alone, then inflating alone, then what unpacking does with a layer before it makes a file of it.
    measure("tar", on: { try SampleLayer(.none) }, { try $0.readTar() })
    measure("inflate-gzip", on: { try SampleLayer(.gzip) }, { try $0.inflate() })
    measure("inflate-zstd", on: { try SampleLayer(.zstd) }, { try $0.inflate() })
    measure("digest", on: { try SampleLayer(.none) }, { try $0.digest() })
    measure("tar-gzip-digests", on: { try SampleLayer(.gzip) }, { try $0.readChecked() })
    measure("tar-zstd-digests", on: { try SampleLayer(.zstd) }, { try $0.readChecked() })
}
