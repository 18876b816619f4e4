import BerthOCI
import Testing

@Suite("Options of mounts")
struct MountOptionTests {
    typealias Bit = RuntimeMountAttributes.Bit

    @Test("the later of two that contradict each other counts")
    func laterWins() {
        let options = RuntimeMountOptions(["ro", "nosuid", "rw", "noatime", "strictatime"])
        #expect(options.attributes.sets == Bit.noSetID | Bit.strictAccessTime)
        #expect(options.attributes.clears & Bit.readOnly != 0)
    }

    @Test("setting an access time clears the whole of its field, as the kernel wants it")
    func accessTime() {
        #expect(RuntimeMountOptions(["noatime"]).attributes.argument.clears & Bit.accessTime == Bit.accessTime)
        #expect(RuntimeMountOptions(["relatime"]).attributes.argument == (0, Bit.accessTime))
    }

    @Test("an r in front means all mounts below, but not in words that begin with r")
    func recursive() {
        let options = RuntimeMountOptions(["rbind", "rro", "rnosuid", "rw", "relatime", "rprivate"])
        #expect(options.bind == .recursive)
        #expect(options.recursiveAttributes.sets == Bit.readOnly | Bit.noSetID)
        #expect(options.attributes.sets == 0)
        #expect(options.propagation.map(\.propagation) == [.isPrivate])
        #expect(options.propagation.map(\.extent) == [.recursive])
        #expect(options.parameters.isEmpty)
    }

    @Test("what is not known is the file system's, in order, with or without a value")
    func parameters() {
        let options = RuntimeMountOptions(["mode=755", "newinstance", "size=64k", "defaults"])
        #expect(options.parameters == [.init("mode", "755"), .init("newinstance"), .init("size", "64k")])
    }

    @Test("every option that the specification asks for is known")
    func required() {
        let known = Set(RuntimeMountOptions.known)
        let must = [
            "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime", "loud",
            "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "norelatime", "nostrictatime",
            "nosuid", "private", "rbind", "relatime", "remount", "ro", "rprivate", "rshared", "rslave", "runbindable",
            "rw", "shared", "silent", "slave", "strictatime", "suid", "sync", "unbindable",
        ]
        #expect(must.filter { !known.contains($0) }.isEmpty)
    }
}
