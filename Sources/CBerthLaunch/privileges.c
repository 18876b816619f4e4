// Who a process is, and what it may still do: less with every step.
#include "launch.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static int set_ids(uint64_t uid, uint64_t gid) {
    return syscall(SYS_setresgid, gid, gid, gid) || syscall(SYS_setresuid, uid, uid, uid) ? -1 : 0;
}

int become_root(const struct berth_operation *o) {
    // A keyring of its own: the session keyring of its maker is out of reach.
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS && errno != EDQUOT) return -1;
    if ((!o->number[0] && syscall(SYS_setgroups, 0, NULL)) || set_ids(0, 0)) return -1;
    umask(022);
    // Until exec nobody may trace this process or read its memory (CVE-2016-9962).
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// While SETPCAP is held, so before the user changes. EINVAL: the kernel's last capability is behind us.
int set_bounding(const struct berth_operation *o) {
    for (unsigned int c = 0; c < 64; c++)
        if (!(o->number[0] >> c & 1) && prctl(PR_CAPBSET_DROP, c, 0, 0, 0)) return errno == EINVAL && c > 37 ? 0 : -1;
    return 0;
}

// Programs open /dev/stdout and its like anew: a pipe, a socket or a terminal becomes the user's. A file or a device of the
// host stays whose it is.
static void give_stdio(uid_t uid, gid_t gid) {
    struct stat s;
    for (int i = 0; i < 3; i++)
        if (fstat(i, &s) == 0 && (S_ISFIFO(s.st_mode) || S_ISSOCK(s.st_mode) || isatty(i)))
            (void)!fchown(i, uid, isatty(i) ? s.st_gid : gid);
}

// What it holds stays until set_capabilities takes it.
int set_user(const struct berth_operation *o) {
    const uint32_t *groups = (const void *)plan_text(o->text[0]);
    give_stdio((uid_t)o->number[0], (gid_t)o->number[1]);
    if (!o->number[2] && syscall(SYS_setgroups, groups[0], groups + 1)) return -1;
    return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || set_ids(o->number[0], o->number[1]) ? -1 : 0;
}

// A task's inheritable set is empty (CVE-2022-24769).
int set_capabilities(const struct berth_operation *o) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    for (int i = 0; i < 2; i++)
        data[i] = (struct __user_cap_data_struct){
            (uint32_t)(o->number[0] >> 32 * i), (uint32_t)(o->number[1] >> 32 * i), (uint32_t)(o->number[2] >> 32 * i)};
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) || syscall(SYS_capset, &header, data)) return -1;
    for (unsigned int c = 0; c < 64; c++)
        if ((o->number[3] >> c & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0)) return -1;
    return 0;
}

int set_seccomp(const struct berth_operation *o) {
    struct sock_fprog program = {(unsigned short)o->number[0], (struct sock_filter *)(uintptr_t)plan_text(o->text[0])};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, o->number[1], &program);
}
