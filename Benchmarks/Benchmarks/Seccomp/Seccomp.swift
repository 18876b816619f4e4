import Benchmark
import BerthConfinement
import Measuring

let benchmarks: @Sendable () -> Void = {
    // What the first task after a start waits for.
    measure("compile") { blackHole(try SeccompCompiler().program(capabilities: .standard)) }
    // What every other task does.
    measure("cached", times: 1000, on: warmCompiler) { blackHole(try $0.program(capabilities: .standard)) }
}

@Sendable private func warmCompiler() throws -> SeccompCompiler {
    let compiler = SeccompCompiler()
    _ = try compiler.program(capabilities: .standard)
    return compiler
}
