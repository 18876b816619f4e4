import BerthModel
import Testing

@Suite("Task sizes")
struct SizeTests {
    @Test(
        "in CPU units or vCPUs are read as units",
        arguments: [
            ("256", 256), (".25 vCPU", 256), ("0.25 vCPU", 256), ("0.25vcpu", 256), ("1 vCPU", 1024),
            (" 1 VCPU ", 1024),
            ("16 vCPU", 16384), (".5 vCPU", 512), ("1.0000000000 vCPU", 1024), ("0", 0),
        ])
    func cpu(text: String, units: Int) {
        #expect(SizeText.cpuUnits(text) == units)
    }

    @Test(
        "in MiB or GB are read as MiB",
        arguments: [
            ("512", 512), ("1 GB", 1024), ("0.5GB", 512), (".5 gb", 512), ("244 GB", 249_856), ("1.5 GB", 1536),
        ])
    func memory(text: String, mebibytes: Int) {
        #expect(SizeText.memoryMiB(text) == mebibytes)
    }

    @Test(
        "that are none are refused",
        arguments: [
            "", " ", "vCPU", ".vCPU", "-256", "+256", "256.0", "0.25", "1e3", ".3 vCPU", "1 GB", "1 vCPU vCPU", "٢٥٦",
            "99999999999999999999", "9999999999999999999 vCPU", "0.00000000001 vCPU", "1..5 vCPU", "- 1 vCPU",
        ])
    func bad(text: String) {
        #expect(SizeText.cpuUnits(text) == nil)
    }

    @Test("on Fargate are the 74 pairs that the real API takes, and the three of 32 vCPU")
    func pairs() {
        #expect(FargateSizes.rows.dropLast().flatMap(\.memoryMiB).count == 74)
        #expect(FargateSizes.rows.last?.memoryMiB == [61440, 122_880, 249_856])
        #expect(FargateSizes.rows.map(\.cpuUnits) == [256, 512, 1024, 2048, 4096, 8192, 16384, 32768])
    }

    @Test(
        "at the edges of the table",
        arguments: [
            (256, 512, true), (256, 2048, true), (256, 3072, false), (256, 1536, false), (512, 512, false),
            (512, 4096, true), (1024, 8192, true), (1024, 9216, false), (2048, 3072, false), (4096, 30720, true),
            (4096, 31744, false), (8192, 16384, true), (8192, 17408, false), (8192, 20480, true),
            (16384, 122_880, true),
            (16384, 36864, false), (300, 512, false), (0, 0, false),
        ])
    func edges(cpu: Int, memory: Int, isPair: Bool) {
        #expect(FargateSizes.contains(cpuUnits: cpu, memoryMiB: memory) == isPair)
    }
}
