// The operations of a container's first process. It is a fork of the shim: it allocates nothing and parses no text.
#include "shim.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>

// Mounts exist on a descriptor first and are attached descriptor to descriptor: no target is looked up twice.
static int attach(int mount_fd, int target) {
    int failed = move_mount(mount_fd, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    int error = errno;
    close(mount_fd);
    close(target);
    errno = error;
    return failed;
}

// Writing 0 moves this thread only, and takes no global lock; the file says who may, by its opener: host root.
static int join(const struct berth_operation *o) {
    for (char *const *path = list(o->list); *path; path++) {
        int file = open(*path, O_WRONLY | O_CLOEXEC);
        if (file < 0 || write(file, "0", 1) != 1) return -1;
        close(file);
    }
    return 0;
}

// Enters the cgroup namespace last joined and the root file system, and becomes container root. The attachment point is the
// task's directory, which only host root can reach: it is looked up before the ids change.
static int enter_root(const struct berth_operation *o, struct mounts *m) {
    // A daemon that the kernel spares when memory is short must not hand that down. Only raising it is always allowed.
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score >= 0) (void)!write(score, "0", 1), close(score);
    if (unshare(CLONE_NEWCGROUP) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return -1;
    int target = open(text(o->text[0]), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (target < 0 || move_mount(m->root, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) return -1;
    close(target);
    // A keyring of its own: the session keyring of the daemon is out of reach.
    if (syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL) < 0 && errno != ENOSYS && errno != EDQUOT) return -1;
    if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, 0, 0, 0) || syscall(SYS_setresuid, 0, 0, 0)) return -1;
    umask(022);
    // Until exec nobody may trace this process or read its memory (CVE-2016-9962).
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int mount_file_system(const struct berth_operation *o, const struct mounts *m) {
    int fs = fsopen(text(o->text[0]), FSOPEN_CLOEXEC);
    if (fs < 0) return -1;
    // Options come in pairs; a key that ends without a value is a flag.
    for (char *const *option = list(o->list); *option && option[1]; option += 2)
        if (option[1][0] ? fsconfig(fs, FSCONFIG_SET_STRING, option[0], option[1], 0)
                         : fsconfig(fs, FSCONFIG_SET_FLAG, option[0], NULL, 0))
            return -1;
    if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return -1;
    int mounted = fsmount(fs, FSMOUNT_CLOEXEC, (unsigned int)o->number[0]);
    if (mounted < 0) return -1;
    close(fs);
    int target = make_directories(m->root, text(o->text[1]), RESOLVE_NO_SYMLINKS);
    return target < 0 ? -1 : attach(mounted, target);
}

static int attach_devices(const struct mounts *m) {
    int target = make_directories(m->root, "dev", RESOLVE_NO_SYMLINKS);
    if (target < 0) return -1;
    return attach(m->devices, target);
}

// The source of a mask is our own /dev/null, checked: an image's could be a link into /proc (CVE-2025-31133).
static int clone_null(const struct mounts *m) {
    struct stat s;
    int null = open_in_root(m->root, "dev/null", O_PATH, RESOLVE_NO_SYMLINKS);
    if (null < 0 || fstat(null, &s)) return -1;
    if (!S_ISCHR(s.st_mode) || s.st_rdev != makedev(1, 3)) return errno = EXDEV, -1;
    int copy = open_tree(null, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    close(null);
    return copy;
}

static int empty_directory(void) {
    int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
    if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "mode", "555", 0)) return -1;
    if (fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "2", 0) || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return -1;
    int mounted = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    close(fs);
    return mounted;
}

static int mask(const struct berth_operation *o, const struct mounts *m) {
    for (char *const *path = list(o->list); *path; path++) {
        struct stat s;
        int target = open_in_root(m->root, *path, O_PATH, RESOLVE_NO_SYMLINKS);
        if (target < 0 && (errno == ENOENT || errno == ENOTDIR)) continue;
        if (target < 0 || fstat(target, &s)) return -1;
        int cover = S_ISDIR(s.st_mode) ? empty_directory() : clone_null(m);
        if (cover < 0 || attach(cover, target)) return -1;
    }
    return 0;
}

static int make_read_only(const struct berth_operation *o, const struct mounts *m) {
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
    for (char *const *path = list(o->list); *path; path++) {
        int target = open_in_root(m->root, *path, O_PATH, RESOLVE_NO_SYMLINKS);
        if (target < 0 && (errno == ENOENT || errno == ENOTDIR)) continue;
        if (target < 0) return -1;
        int copy = open_tree(target, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
        if (copy < 0 || mount_setattr(copy, "", AT_EMPTY_PATH | AT_RECURSIVE, &read_only, sizeof read_only)) return -1;
        if (attach(copy, target)) return -1;
    }
    return 0;
}

// After this no path leads to the host: its root is detached, and every descriptor into it closes at exec.
static int pivot(const struct mounts *m) {
    if (fchdir(m->root) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH)) return -1;
    return chdir("/");
}

static int make_root_read_only(void) {
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
    return mount_setattr(AT_FDCWD, "/", 0, &read_only, sizeof read_only);
}

static int loopback_up(void) {
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0) return -1;
    int failed = ioctl(s, SIOCSIFFLAGS, &request);
    close(s);
    return failed;
}

// Without CAP_SYS_RESOURCE the hard limit cannot rise: what the host allows is taken then.
static int limit(const struct berth_operation *o) {
    struct rlimit wanted = {o->number[1], o->number[1]}, now;
    __rlimit_resource_t resource = (__rlimit_resource_t)o->number[0];
    if (setrlimit(resource, &wanted) == 0) return 0;
    if (errno != EPERM || getrlimit(resource, &now)) return -1;
    now.rlim_cur = now.rlim_max;
    return setrlimit(resource, &now);
}

static int set_output(const int output[2]) {
    if (syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */)) return -1;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || setsid() < 0) return -1;
    return dup2(null, 0) < 0 || dup2(output[0], 1) < 0 || dup2(output[1], 2) < 0 ? -1 : 0;
}

static int enter_directory(const struct berth_operation *o) {
    char here[4096];
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int directory = root < 0 ? -1 : make_directories(root, text(o->text[0]), 0);
    if (directory < 0 || fchdir(directory)) return -1;
    // A working directory outside the root reads as "(unreachable)…" (CVE-2024-21626).
    if (syscall(SYS_getcwd, here, sizeof here) < 0) return -1;
    return here[0] == '/' ? 0 : (errno = EXDEV, -1);
}

static int set_user(const struct berth_operation *o) {
    const uint32_t *groups = (const void *)text(o->text[0]);
    // Programs open /dev/stdout and /dev/stderr anew, which are these pipes.
    if (fchown(1, (uid_t)o->number[0], (gid_t)o->number[1]) || fchown(2, (uid_t)o->number[0], (gid_t)o->number[1])) return -1;
    if (syscall(SYS_setgroups, groups[0], groups + 1)) return -1;
    if (syscall(SYS_setresgid, o->number[1], o->number[1], o->number[1])) return -1;
    return syscall(SYS_setresuid, o->number[0], o->number[0], o->number[0]) ? -1 : 0;
}

// While SETPCAP is held, so before the user changes. EINVAL: the kernel's last capability is behind us.
static int set_bounding(const struct berth_operation *o) {
    for (unsigned int c = 0; c < 64; c++)
        if (!(o->number[0] >> c & 1) && prctl(PR_CAPBSET_DROP, c, 0, 0, 0)) return errno == EINVAL && c > 37 ? 0 : -1;
    return 0;
}

// The inheritable set stays empty (CVE-2022-24769). A user other than root gets nothing it would not get by exec.
static int set_capabilities(const struct berth_operation *o) {
    uint64_t held = syscall(SYS_geteuid) == 0 ? o->number[0] : 0;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{(uint32_t)held, (uint32_t)held, 0},
                                             {(uint32_t)(held >> 32), (uint32_t)(held >> 32), 0}};
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)) return -1;
    return (int)syscall(SYS_capset, &header, data);
}

static int set_seccomp(const struct berth_operation *o) {
    struct sock_fprog program = {(unsigned short)o->number[0], (struct sock_filter *)(uintptr_t)text(o->text[0])};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

// A command without a slash is searched in the container's PATH, as execvp(3) does; the environment is the container's.
static int execute(const struct berth_operation *o) {
    char *const *arguments = list(o->list), *const *environment = list(o->text[0]);
    const char *command = arguments[0], *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (const char *s = command; *s; s++)
        if (*s == '/') return execve(command, arguments, environment);
    for (char *const *e = environment; *e; e++)
        if ((*e)[0] == 'P' && (*e)[1] == 'A' && (*e)[2] == 'T' && (*e)[3] == 'H' && (*e)[4] == '=') path = *e + 5;
    int found = ENOENT;
    uint32_t length = text_length(command);
    while (*path && *command) {
        char full[4096];
        uint32_t n = 0;
        while (path[n] && path[n] != ':') n++;
        if (n > 0 && n + length + 2 <= sizeof full) {
            text_copy(full, path, n + 1);
            full[n] = '/';
            text_copy(full + n + 1, command, length + 1);
            execve(full, arguments, environment);
            if (errno != ENOENT && errno != ENOTDIR) found = errno;
        }
        path += path[n] ? n + 1 : n;
    }
    return errno = found, -1;
}

int child_operation(const struct berth_operation *o, struct mounts *m, const int output[2]) {
    switch (o->code) {
    case BERTH_CHILD_JOIN: return join(o);
    case BERTH_CHILD_ROOT: return enter_root(o, m);
    case BERTH_CHILD_MOUNT: return mount_file_system(o, m);
    case BERTH_CHILD_DEVICES: return attach_devices(m);
    case BERTH_CHILD_MASK: return mask(o, m);
    case BERTH_CHILD_READ_ONLY: return make_read_only(o, m);
    case BERTH_CHILD_PIVOT: return pivot(m);
    case BERTH_CHILD_READ_ONLY_ROOT: return make_root_read_only();
    case BERTH_CHILD_HOSTNAME: return sethostname(text(o->text[0]), text_length(text(o->text[0])));
    case BERTH_CHILD_LOOPBACK: return loopback_up();
    case BERTH_CHILD_LIMIT: return limit(o);
    case BERTH_CHILD_STDIO: return set_output(output);
    case BERTH_CHILD_DIRECTORY: return enter_directory(o);
    case BERTH_CHILD_BOUNDING: return set_bounding(o);
    case BERTH_CHILD_USER: return set_user(o);
    case BERTH_CHILD_CAPABILITIES: return set_capabilities(o);
    case BERTH_CHILD_SECCOMP: return set_seccomp(o);
    case BERTH_CHILD_EXECUTE: return execute(o);
    default: return errno = EINVAL, -1;
    }
}
