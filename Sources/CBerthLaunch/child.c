// The table of a container's operations, and those that belong to no larger topic. The process is a fork of its maker: it
// allocates nothing and parses no text.
#include "launch.h"

#include <linux/openat2.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

// Through a procfs of its own that nobody else can reach or cover, so that no image or volume redirects the write
// (CVE-2019-16884, CVE-2025-52881).
static int set_sysctls(const struct berth_operation *o) {
    int proc = new_mount("proc", (char *const[]){NULL}, 0);
    int sys = proc < 0 ? -1 : openat(proc, "sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (sys < 0) return -1;
    struct open_how how = {.flags = O_WRONLY | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    for (char *const *pair = plan_list(o->list); *pair && pair[1]; pair += 2) {
        int file = (int)syscall(SYS_openat2, sys, pair[0], &how, sizeof how);
        if (file < 0 || write(file, pair[1], text_length(pair[1])) < 0) return -1;
        close(file);
    }
    close(sys);
    return close(proc);
}

static int set_name(const struct berth_operation *o) {
    const char *name = plan_text(o->text[0]);
    return o->number[0] ? setdomainname(name, text_length(name)) : sethostname(name, text_length(name));
}

static int loopback_up(void) {
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return s < 0 || ioctl(s, SIOCSIFFLAGS, &request) ? -1 : close(s);
}

// Without CAP_SYS_RESOURCE the hard limit cannot rise: what the host allows is taken then, where that will do.
static int limit(const struct berth_operation *o) {
    struct rlimit wanted = {o->number[1], o->number[2]}, now;
    __rlimit_resource_t resource = (__rlimit_resource_t)o->number[0];
    if (setrlimit(resource, &wanted) == 0) return 0;
    if (errno != EPERM || !o->number[3] || getrlimit(resource, &now)) return -1;
    if (wanted.rlim_max > now.rlim_max) wanted.rlim_max = now.rlim_max;
    if (wanted.rlim_cur > wanted.rlim_max) wanted.rlim_cur = wanted.rlim_max;
    return setrlimit(resource, &wanted);
}

static int enter_directory(const struct berth_operation *o) {
    char here[4096];
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int directory = root < 0 ? -1 : make_directories(root, plan_text(o->text[0]), 0);
    if (directory < 0 || fchdir(directory)) return -1;
    // A working directory outside the root reads as "(unreachable)…" (CVE-2024-21626).
    if (syscall(SYS_getcwd, here, sizeof here) < 0) return -1;
    return here[0] == '/' ? 0 : (errno = EXDEV, -1);
}

int child_operation(const struct berth_operation *o, struct child *c) {
    switch (o->code) {
    case BERTH_CHILD_ROOT: return enter_root(o, c);
    case BERTH_CHILD_SOURCE: return c->launch->mounts >= 0 ? 0 : open_source(o);
    case BERTH_CHILD_BECOME_ROOT: return become_root(o);
    case BERTH_CHILD_MOUNT: return mount_file_system(o, c);
    case BERTH_CHILD_BIND: return bind_source(o, c);
    case BERTH_CHILD_ATTACH: return attach_made(o, c);
    case BERTH_CHILD_DEVICE: return make_device(o, c);
    case BERTH_CHILD_LINK: return make_link(o, c);
    case BERTH_CHILD_MASK: return mask(o, c);
    case BERTH_CHILD_RESTRICT: return restrict_paths(o, c);
    case BERTH_CHILD_SYSCTL: return set_sysctls(o);
    case BERTH_CHILD_TERMINAL: return open_terminal(o, c);
    case BERTH_CHILD_HOOK: return run_hook(o, c);
    case BERTH_CHILD_PIVOT: return pivot(o, c);
    case BERTH_CHILD_PROPAGATION: return mount(NULL, "/", NULL, o->number[0], NULL);
    case BERTH_CHILD_READ_ONLY_ROOT: return make_root_read_only();
    case BERTH_CHILD_NAME: return set_name(o);
    case BERTH_CHILD_LOOPBACK: return loopback_up();
    case BERTH_CHILD_LIMIT: return limit(o);
    case BERTH_CHILD_CALL: return syscall((long)o->number[0], o->number[1], o->number[2], o->number[3]) < 0 ? -1 : 0;
    case BERTH_CHILD_STDIO: return set_stdio(c);
    case BERTH_CHILD_DIRECTORY: return enter_directory(o);
    case BERTH_CHILD_BOUNDING: return set_bounding(o);
    case BERTH_CHILD_USER: return set_user(o);
    case BERTH_CHILD_CAPABILITIES: return set_capabilities(o);
    case BERTH_CHILD_NO_NEW_PRIVILEGES: return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    case BERTH_CHILD_SECCOMP: return set_seccomp(o);
    case BERTH_CHILD_GATE: return wait_at_gate(c);
    case BERTH_CHILD_INIT: return become_init(c);
    case BERTH_CHILD_EXECUTE: return execute(o);
    default: return errno = EINVAL, -1;
    }
}
