#include "launch.h"

#include <sys/mount.h>
#include <sys/statvfs.h>

int berth_run_sealed(char *const arguments[]) {
    struct statvfs s;
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
    int own = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    if (own < 0 || fstatvfs(own, &s)) return -1;
    if (s.f_flag & ST_RDONLY) return close(own);
    int sealed = open_tree(own, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (sealed < 0 || mount_setattr(sealed, "", AT_EMPTY_PATH, &read_only, sizeof read_only)) return -1;
    return (int)syscall(SYS_execveat, sealed, "", arguments, environ, AT_EMPTY_PATH);
}
