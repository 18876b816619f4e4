// System calls that no task may make: a hole in any of them would be a hole in every task's wall.
#include "attacker.h"

#include <linux/bpf.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// Each with arguments with which it would succeed, or fail with another error than the filter's, if it were let through.
static void try_kernel_interfaces(void) {
    struct io_uring_params ring = {0};
    struct perf_event_attr event = {.size = sizeof event, .type = PERF_TYPE_SOFTWARE, .exclude_kernel = 1};
    union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    report("io_uring_setup", syscall(SYS_io_uring_setup, 1, &ring));
    report("io_uring_enter", syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0));
    report("io_uring_register", syscall(SYS_io_uring_register, -1, 0, NULL, 0));
    report("userfaultfd", syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY));
    report("bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map));
    report("perf_event_open", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
    report("keyctl", syscall(SYS_keyctl, 0, -3, 0));
    report("add_key", syscall(SYS_add_key, "user", "name", "content", 7, -3));
    report("request_key", syscall(SYS_request_key, "user", "name", NULL, -3));
    report("fanotify_init", syscall(SYS_fanotify_init, 0, O_RDONLY));
    report("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, (char[64]){8, 0, 0, 0, 1}, O_RDONLY));
    report("syslog", syscall(SYS_syslog, 10, NULL, 0));
    report("kcmp", syscall(SYS_kcmp, getpid(), getpid(), 2, 0, 0));
    report("lookup_dcookie", syscall(SYS_lookup_dcookie, 0ull, NULL, 0));
    report("personality of no randomisation", personality(ADDR_NO_RANDOMIZE));
}

static void try_machine(void) {
    report("init_module", syscall(SYS_init_module, "", 0, ""));
    report("finit_module", syscall(SYS_finit_module, 0, "", 0));
    report("delete_module", syscall(SYS_delete_module, "none", 0));
    report("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
    report("kexec_file_load", syscall(SYS_kexec_file_load, -1, -1, 0, NULL, 0));
    report("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, RB_ENABLE_CAD, NULL));
    report("swapon", swapon("/none", 0));
    report("acct", syscall(SYS_acct, "/none"));
    report("quotactl", syscall(SYS_quotactl, 0, NULL, 0, NULL));
    report("iopl", syscall(SYS_iopl, 3));
    report("ioperm", syscall(SYS_ioperm, 0, 1, 1));
    report("settimeofday", syscall(SYS_settimeofday, NULL, (int[2]){0, 0}));
    report("clock_settime", syscall(SYS_clock_settime, 1, (long[2]){0, 0}));
    report("sethostname", sethostname("other", 5));
    report("setdomainname", setdomainname("other", 5));
    report("nfsservctl", syscall(180, 0, NULL, NULL));
    report("vserver", syscall(236, 0, 0, 0));
}

static void try_name(const char *name, int flags) {
    char text[64];
    snprintf(text, sizeof text, "unshare %s", name);
    // In a child: what succeeds must not change what is tried after it.
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        report(text, unshare(flags));
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void try_namespaces(void) {
    struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    try_name("user", CLONE_NEWUSER);
    try_name("mount", CLONE_NEWNS);
    try_name("network", CLONE_NEWNET);
    try_name("pid", CLONE_NEWPID);
    try_name("cgroup", CLONE_NEWCGROUP);
    try_name("ipc", CLONE_NEWIPC);
    try_name("uts", CLONE_NEWUTS);
    try_name("time", 0x80);
    report("setns", setns(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), 0));
    report("clone3", syscall(SYS_clone3, &arguments, sizeof arguments));
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    report("clone user", child);
}

static void try_mounts(void) {
    report("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
    report("remount", mount("none", "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL));
    report("umount", umount2("/proc/kcore", MNT_DETACH));
    report("pivot_root", syscall(SYS_pivot_root, ".", "."));
    report("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
    report("fspick", syscall(SYS_fspick, AT_FDCWD, "/", 0));
    report("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
    report("open_tree_attr", syscall(467, AT_FDCWD, "/", 1, NULL, 0));
    report("move_mount", syscall(SYS_move_mount, AT_FDCWD, "/proc", AT_FDCWD, "/tmp", 0));
    report("mount_setattr", syscall(SYS_mount_setattr, AT_FDCWD, "/proc/sys", 0, &(struct mount_attr){.attr_clr = 1}, 32));
}

// The kernel reads 32 bits of the family: what is above them must not make a difference to the filter either.
static void try_sockets(void) {
    report("socket alg", syscall(SYS_socket, 38, SOCK_SEQPACKET, 0));
    report("socket alg, high bits set", syscall(SYS_socket, 38 | 1l << 32, SOCK_SEQPACKET, 0));
    report("socket vsock", syscall(SYS_socket, 40, SOCK_STREAM, 0));
    report("socket vsock, high bits set", syscall(SYS_socket, 40 | 1l << 33, SOCK_STREAM, 0));
}

// A call that is newer than the policy must look like one that the kernel does not have: C libraries fall back then.
static void try_unknown(void) {
    report("newest possible call", syscall(1000));
    report("x32 getpid", syscall(0x40000000 | SYS_getpid));
}

int attack_calls(char **arguments) {
    (void)arguments;
    try_kernel_interfaces();
    try_machine();
    try_namespaces();
    try_mounts();
    try_sockets();
    try_unknown();
    return 0;
}
