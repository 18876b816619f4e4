import BerthLinux
import Glibc
import Testing

@Suite("Removing a tree")
struct RemoveTreeTests {
    @Test("removes trees deeper than there are descriptors, follows nothing, and leaves the neighbours")
    func removes() throws {
        // In memory where that can be had: ext4 without a journal takes its time to make files where others were just
        // removed.
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(parent)/berth-linux-XXXXXX".utf8CString)
        let made = mkdtemp(&template) != nil
        try #require(made)
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let root = try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY)
        defer {
            try? root.removeTree("tree")
            try? root.removeTree("neighbour")
            rmdir(path)
        }
        mkdir("\(path)/neighbour", 0o700)
        mkdir("\(path)/neighbour/inside", 0o700)
        mkdir("\(path)/tree", 0o700)
        // Two chains of 3,000 directories, made one open directory at a time.
        for chain in ["a", "b"] {
            var here = try OwnedDescriptor.open("tree", at: root, flags: O_RDONLY | O_DIRECTORY)
            for _ in 0..<3000 {
                mkdirat(here.number, chain, 0o700)
                symlinkat("\(path)/neighbour", here.number, "link-\(chain)")
                here = try OwnedDescriptor.open(chain, at: here, flags: O_RDONLY | O_DIRECTORY)
            }
        }
        try root.removeTree("tree")
        try root.removeTree("tree")
        #expect(try root.entryNames(path).map { $0.dropLast() } == [Array("neighbour".utf8CString.dropLast())[...]])
        #expect(access("\(path)/neighbour/inside", F_OK) == 0)
    }

    @Test("reads a directory's names in pieces, and removes what is in it however many there are")
    func manyNames() throws {
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(parent)/berth-linux-XXXXXX".utf8CString)
        let made = mkdtemp(&template) != nil
        try #require(made)
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let root = try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY)
        defer {
            try? root.removeTree("many")
            rmdir(path)
        }
        mkdir("\(path)/many", 0o700)
        let many = try OwnedDescriptor.open("many", at: root, flags: O_RDONLY | O_DIRECTORY)
        for index in 0..<20_000 { mknodat(many.number, "some-name-of-a-file-\(index)", S_IFREG | 0o600, 0) }
        var names = try DirectoryStream(many, subject: path)
        #expect(try names.next() != nil)
        try root.removeTree("many")
        // What the stream still knows is what it had read.
        var left = 0
        while try names.next() != nil { left += 1 }
        #expect(left < 2_000)
        #expect(access("\(path)/many", F_OK) != 0)
    }
}
