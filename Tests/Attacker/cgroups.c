// The steps of the known escapes by control groups (CVE-2022-0492, CVE-2023-25809), each on its own: any that succeeds
// is one too many.
#include "attacker.h"

#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void find_writable(const char *path, unsigned char type) {
    if (type == DT_DIR) {
        char name[4200];
        snprintf(name, sizeof name, "%s/made", path);
        if (mkdir(name, 0755) == 0) printf("made %s\n", name);
    } else if (can_open(path, O_WRONLY) == 0) {
        printf("writable %s\n", path);
    }
}

static void mount_hierarchy(const char *type, const char *options) {
    char name[128];
    mkdir("/tmp/hierarchy", 0755);
    snprintf(name, sizeof name, "mount %s %s", type, options);
    report(name, mount("none", "/tmp/hierarchy", type, 0, options));
}

// All that needs a user namespace of its own, as the published attack begins.
static void from_new_user_namespace(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        report("unshare user, mount and cgroup", unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP));
        mount_hierarchy("cgroup", "rdma");
        mount_hierarchy("cgroup", "memory");
        mount_hierarchy("cgroup2", "");
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

int attack_cgroups(char **arguments) {
    (void)arguments;
    report("make a cgroup", mkdir("/sys/fs/cgroup/made", 0755));
    report("remount writable", mount("none", "/sys/fs/cgroup", NULL, MS_REMOUNT | MS_BIND, NULL));
    mount_hierarchy("cgroup", "rdma");
    mount_hierarchy("cgroup2", "");
    from_new_user_namespace();
    report("release_agent", can_open("/sys/fs/cgroup/release_agent", O_WRONLY));
    report("core_pattern", can_open("/proc/sys/kernel/core_pattern", O_WRONLY));
    report("sysrq-trigger", can_open("/proc/sysrq-trigger", O_WRONLY));
    walk("/sys/fs/cgroup", find_writable);
    return 0;
}
