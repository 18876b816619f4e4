# What a newcomer types: `make demo` and `make test`. Each installs what it needs, builds, and runs.

.PHONY: build test demo bench bench-quick bench-inner test-unified format lint clean

# Release binaries that carry the Swift runtime: .build/release/berth, berth-shim, berth-unpack, berth-oci.
build:
	rootfs-tools/prepare build
	swift build --configuration release --static-swift-stdlib --product berth
	swift build --configuration release --static-swift-stdlib --product berth-shim
	swift build --configuration release --static-swift-stdlib --product berth-unpack
	swift build --configuration release --static-swift-stdlib --product berth-oci

# Everything that can fail; ends with "N passed, N failed, N skipped".
test:
	rootfs-tools/prepare build python images vm judges
	rootfs-tools/run-tests

# A real ETL job, end to end, with its bill.
demo: build
	rootfs-tools/prepare build python images
	rootfs-tools/demo

# What a unified host does otherwise, on Debian's stock kernel in a virtual machine: the contract suite of the cgroup
# drivers, and a task from its limits to its bill.
test-unified:
	rootfs-tools/prepare build python vm
	swift build --build-tests
	rootfs-tools/test-vm unified-tests
	rootfs-tools/test-vm unified-end-to-end

# Everything that people use instead, beside Berth: writes Benchmarks/RESULTS.md. Takes about an hour.
bench:
	Benchmarks/bench

# The ratios only, of few runs, in less than three minutes once everything is built.
bench-quick:
	Benchmarks/bench --quick

# Single parts of Berth, held against the thresholds in Benchmarks/Thresholds. Needs no root; the first build takes minutes.
bench-inner:
	rootfs-tools/prepare build
	Benchmarks/Compare/inner.py

# What is written in Swift; Benchmarks as a whole would bring its dependencies with it.
SWIFT = Sources Tests Package.swift $(addprefix Benchmarks/,Benchmarks Measuring Samples Package.swift)

format:
	swift format --in-place --recursive $(SWIFT)

lint:
	swift format lint --strict --recursive $(SWIFT)

clean:
	rm -rf .build .venv Benchmarks/.build Benchmarks/.benchmarkBaselines
