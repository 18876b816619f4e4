import CLinux
import Glibc

/// The program that this process runs, as it lies in its memory.
public enum OwnProgram {
    /// Lets go of its text and constants, of which a start needs much that no later work does. What is needed comes back by
    /// itself, from the page cache.
    ///
    /// What is let go of can be used for something else where memory is short, before anything that is in use.
    public static func release() {
        // Where the kernel has put the program's own headers, of which one tells its own address (getauxval(3), elf(5)).
        let headers = UnsafeBufferPointer(
            start: UnsafePointer<Elf64_Phdr>(bitPattern: getauxval(UInt(AT_PHDR))),
            count: Int(getauxval(UInt(AT_PHNUM))))
        guard let first = headers.baseAddress, let own = headers.first(where: { $0.p_type == PT_PHDR }) else { return }
        let base = UInt(bitPattern: first) - UInt(own.p_vaddr)
        for segment in headers { release(segment, at: base) }
    }

    /// A segment that may be written holds addresses that the linker has filled in: its pages would come back without them.
    private static func release(_ segment: Elf64_Phdr, at base: UInt) {
        guard segment.p_type == PT_LOAD, segment.p_flags & UInt32(PF_W) == 0 else { return }
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        let start = base + UInt(segment.p_vaddr)
        let first = (start + page - 1) / page * page
        let end = (start + UInt(segment.p_memsz)) / page * page
        guard first < end, let address = UnsafeMutableRawPointer(bitPattern: first) else { return }
        // Advice: one that is not taken changes nothing.
        madvise(address, Int(end - first), MADV_DONTNEED)
    }
}
