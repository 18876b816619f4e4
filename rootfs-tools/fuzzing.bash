# Builds the fuzzer of the image code (Tests/Fuzz/Images): the modules that read what strangers wrote, with libFuzzer's
# counters and AddressSanitizer, over the rest of the debug build as it is. Sourced by rootfs-tools/fuzz.

image_targets=(tar gzip zstd manifest config)
image_fuzzer=$build/images/fuzzer

# Of BerthImages only what reads documents: the store behind it needs a database, which is not fuzzed here.
document_sources=(
    Sources/BerthImages/Sources/*.swift Sources/BerthImages/Store/Workspace.swift
    Sources/BerthImages/Users/AccountFiles.swift Sources/BerthImages/Users/UserSpecification.swift
    Sources/BerthImages/Repositories/UnambiguousJSON.swift
)

compile_images() {
    local debug=.build/debug out=$build/images changed=false map swiftc flags sources module
    [ -e "$debug/Modules/BerthUnpack.swiftmodule" ] || {
        say "SKIPPED: run swift build first"
        exit 77
    }
    mkdir -p "$out"
    swiftc=$(command -v swiftc)
    flags=(
        -swift-version 6 -g -O -wmo -parse-as-library -sanitize=fuzzer,address -package-name "$(basename "$PWD")"
        -I "$out" -I "$debug/Modules" -Xcc -ISources/CLinux/include
    )
    for map in Sources/C*/module.modulemap .build/checkouts/{swift-system,swift-crypto}/Sources/*/include/module.modulemap \
        "$debug"/C{Linux,BerthPlan}.build/module.modulemap; do
        flags+=(-Xcc "-fmodule-map-file=$map")
    done
    for map in .build/checkouts/{swift-system,swift-crypto}/Sources/*/include; do flags+=(-Xcc "-I$map"); done
    for module in BerthLinux BerthOCI BerthUnpack; do
        mapfile -t sources < <(find "Sources/$module" -name '*.swift' | sort)
        compile_module "$module" "${sources[@]}"
    done
    mapfile -t sources < <(ls Tests/Fuzz/Images/*.swift "${document_sources[@]}")
    compile_module ImageFuzz "${sources[@]}"
    if [ ! -e "$image_fuzzer" ] || [ -n "$(find "$out" -name '*.o' -newer "$image_fuzzer")" ]; then
        link_images
    fi
}

# Uses the variables of compile_images; leaves what is newer than its sources, if all modules before it were left too.
compile_module() {
    local name=$1
    shift
    if ! $changed && [ -e "$out/$name.o" ] && [ -z "$(find "$@" -newer "$out/$name.o")" ]; then return; fi
    changed=true
    "$swiftc" "${flags[@]}" -module-name "$name" -emit-module -emit-module-path "$out/$name.swiftmodule" \
        -emit-object -o "$out/$name.o" "$@"
    touch "$out/$name.o"
}

# What our modules stand on comes as it lies in the debug build: an archive gives only what is asked for.
link_images() {
    local archive=$out/rest.a own=() name
    for name in Sources/Berth* Sources/berth* Tests/*; do own+=(-not -path "*/$(basename "$name").build/*"); done
    rm -f "$archive"
    find "$(readlink -f .build/debug)" -path '*.build/*' -name '*.o' "${own[@]}" -not -name '*main.swift.o' -not -path '*-tool.build/*' |
        sort | sed 's/.*/"&"/' >"$out/objects"
    ar crsT "$archive" @"$out/objects"
    "$swiftc" -use-ld=lld -sanitize=fuzzer,address -o "$image_fuzzer" "$out"/{BerthLinux,BerthOCI,BerthUnpack,ImageFuzz}.o \
        "$archive" -larchive -lisal -lzstd -lnettle -lz -lstdc++
}

# The corpus begins with the hostile images, small as they are: layers, and documents.
image_seeds() {
    rootfs-tools/hostile-seeds Tests/Fuzz/Images/corpus
}

merge_images() {
    local target=$1 kept=Tests/Fuzz/Images/corpus/$1 merged=$build/merged-$1
    case $target in
        tar | gzip | zstd)
            # What libarchive, ISA-L and libzstd do is not counted: an input that reaches more of them would be thrown away.
            say "$target: kept as it is"
            return
            ;;
    esac
    rm -rf "$merged" && mkdir -p "$merged" "$build/found-$target"
    alone "$target" -set_cover_merge=1 -use_counters=0 -max_len=16384 "$merged" "$kept" "$build/found-$target" 2>"$build/$target.log" || {
        tail -n 20 "$build/$target.log" >&2
        return 1
    }
    rm -rf "$kept" "$build/found-$target"
    mv "$merged" "$kept"
    say "$target: $(find "$kept" -type f | wc -l) inputs, $(du -sh "$kept" | cut -f 1)"
}

# Runs the fuzzer of one target with a directory in memory for what it unpacks: all else but its own folder is read-only.
alone() {
    local target=$1
    shift
    mkdir -p "$build/ground"
    BERTH_FUZZ_TARGET=$target BERTH_FUZZ_GROUND=$PWD/$build/ground TMPDIR=$PWD/$build ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no \
        unshare --mount --propagation private bash -euc '
            mount --bind "$1" "$1"
            mount -t tmpfs -o size=64m,mode=0700 fuzz "$1/ground"
            mount -o remount,bind,ro /
            shift
            exec "$@"' bash "$PWD/$build" "$image_fuzzer" "$@"
}

run_images() {
    local target=$1 seconds=$2 found=$build/found-$1
    mkdir -p "$found"
    alone "$target" -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=512 -malloc_limit_mb=96 \
        -print_final_stats=1 -artifact_prefix="$build/$target-" "$found" "Tests/Fuzz/Images/corpus/$target" 2>"$build/$target.log" || {
        tail -n 60 "$build/$target.log" >&2
        say "a finding of $target: $(ls -t "$build/$target"-{crash,timeout,leak,oom}-* 2>/dev/null | head -1)"
        return 1
    }
    echo "$target: $(grep -E 'DONE|^Done' "$build/$target.log" | head -1)"
}
