import BerthModel
import Testing

@Suite("A file system in memory")
struct TmpfsRuleTests {
    private func refusal(_ mounts: Tmpfs..., points: [MountPoint] = []) -> String? {
        var request = Definitions.fargate()
        request.app.parameters.tmpfs = mounts
        request.app.mountPoints = points
        request.volumes = Set(points.compactMap(\.sourceVolume)).map {
            var volume = Volume()
            volume.name = $0
            return volume
        }
        return request.refusal()?.message
    }

    @Test(
        "takes every option of Docker's that means something",
        arguments: [
            "defaults", "ro", "rw", "suid", "nosuid", "nodev", "exec", "noexec", "sync", "async", "dirsync", "atime",
            "noatime", "diratime", "nodiratime", "relatime", "norelatime", "strictatime", "nostrictatime", "nomand",
            "private", "rprivate", "mode=1777", "mode=700", "mode=0755", "uid=0", "uid=65535", "gid=1000",
            "nr_inodes=10",
            "nr_inodes=10k", "nr_inodes=1G",
        ])
    func options(option: String) throws {
        #expect(refusal(Options.tmpfs("/a", option)) == nil)
        var request = Definitions.fargate()
        request.app.parameters.tmpfs = [Options.tmpfs("/a", option)]
        #expect(BerthModelTests.refusal(call(), try Definitions.registered(request)) == nil)
    }

    @Test(
        "refuses any other by its name",
        arguments: [
            "size=10m", "huge=always", "noexec,nodev", "NOEXEC", "", "=1", "mode =1", "x-mount.mkdir", "context=a",
        ])
    func unknown(option: String) {
        #expect(
            refusal(Options.tmpfs("/a", option))
                == "Invalid tmpfs of container 'app': unknown mount option '\(option)'."
        )
    }

    @Test(
        "refuses values that no mount would understand",
        arguments: [
            ("mode", "needs a value, such as mode=1777."), ("mode=", "needs a value, such as mode=1777."),
            ("mode=8", "must be an octal mode, such as mode=1777."),
            ("mode=17777", "must be an octal mode, such as mode=1777."),
            ("mode=1777,size=9g", "must be an octal mode, such as mode=1777."),
            ("uid=root", "must be a number."), ("gid=-1", "must be a number."),
            ("uid", "needs a value, such as uid=1."),
            ("nr_inodes=k", "must be a number, with k, m or g if need be."),
            ("nr_inodes=10t", "must be a number, with k, m or g if need be."),
            ("noexec=1", "takes no value."), ("ro=", "takes no value."),
        ])
    func values(option: String, fault: String) {
        #expect(
            refusal(Options.tmpfs("/a", option))
                == "Invalid tmpfs of container 'app': mount option '\(option)' \(fault)")
    }

    @Test("needs a place of its own and a size")
    func shape() {
        let needs = "Invalid tmpfs of container 'app': it needs an absolute containerPath and a size of at least 1 MiB."
        #expect(refusal(Options.tmpfs(nil)) == needs)
        #expect(refusal(Options.tmpfs("relative")) == needs)
        #expect(refusal(Options.tmpfs("/a", size: nil)) == needs)
        #expect(refusal(Options.tmpfs("/a", size: 0)) == needs)
        #expect(refusal(Options.tmpfs("/a", size: .max)) == needs)
        for path in ["/a/../proc", "/..", "/a\0b"] {
            #expect(
                refusal(Options.tmpfs(path)) == "Invalid tmpfs of container 'app': containerPath must not contain '..' "
                    + "or NUL.")
        }
        #expect(
            refusal(Options.tmpfs("/a"), Options.tmpfs("//a/.")) == "Invalid tmpfs of container 'app': /a is mounted "
                + "twice. Remove one of them.")
        #expect(
            refusal(Options.tmpfs("/a"), points: [Options.mount("v", "/a/")])?.contains("/a is mounted twice") == true)
        #expect(refusal(Options.tmpfs("/a"), Options.tmpfs("/a/b"), points: [Options.mount("v", "/b")]) == nil)
    }

    @Test(
        "does not hide what the kernel shows of itself",
        arguments: ["/", "/.", "//", "/proc", "/proc/", "/proc/sys", "/sys/fs/cgroup", "/./sys", "/dev", "/dev/pts"])
    func reserved(path: String) {
        #expect(
            refusal(Options.tmpfs(path))
                == "Invalid tmpfs of container 'app': '\(path)' is part of what every container "
                + "has. Choose another containerPath.")
        #expect(refusal(Options.tmpfs("/dev/shm"), Options.tmpfs("/process"), Options.tmpfs("/devel/x")) == nil)
    }
}
