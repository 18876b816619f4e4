// The file systems of a container. Mounts exist on a descriptor first and are attached descriptor to descriptor: no target is
// looked up twice (CVE-2021-30465).
#include "launch.h"

#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static int attach(int mount_fd, int target) {
    int failed = target < 0 || move_mount(mount_fd, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    int error = errno;
    close(mount_fd);
    if (target >= 0) close(target);
    errno = error;
    return failed ? -1 : 0;
}

static int clone_tree(int directory, const char *path, int recursive) {
    unsigned int empty = *path ? 0 : AT_EMPTY_PATH;
    return open_tree(directory, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | empty | (recursive ? AT_RECURSIVE : 0));
}

// What is reached by a host path is opened while this process still is who made it: the directories above may be closed to
// the container's root. That a bundle's may be, is why its mounts are attached there; a task's own mounts have but one place.
int enter_root(const struct berth_operation *o, struct child *c) {
    if (o->number[1] && unshare(CLONE_NEWCGROUP)) return -1;
    // Where there is no mount namespace of its own, nothing is attached: its root is a directory of the host's.
    if (o->number[2]) return (c->root = open(plan_text(o->text[1]), O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ? -1 : 0;
    if (mount(NULL, "/", NULL, MS_REC | (o->number[0] ? o->number[0] : MS_PRIVATE), NULL)) return -1;
    if (o->text[1] && (c->root = clone_tree(AT_FDCWD, plan_text(o->text[1]), 1)) < 0) return -1;
    int target = open(plan_text(o->text[0]), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (target < 0 || move_mount(c->root, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) return -1;
    return close(target);
}

int sources[BERTH_MAX_SOURCES];
uint32_t source_count;

int open_source(const struct berth_operation *o) {
    if (source_count == BERTH_MAX_SOURCES) return errno = E2BIG, -1;
    return (sources[source_count++] = clone_tree(AT_FDCWD, plan_text(o->text[0]), (int)o->number[0])) < 0 ? -1 : 0;
}

static int change(int mount_fd, struct mount_attr a, unsigned int recursive) {
    if (!a.attr_set && !a.attr_clr && !a.propagation) return 0;
    return mount_setattr(mount_fd, "", AT_EMPTY_PATH | recursive, &a, sizeof a);
}

int finish_mount(int fs, uint64_t attributes) {
    int mounted = fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) ? -1 : fsmount(fs, FSMOUNT_CLOEXEC, (unsigned int)attributes);
    close(fs);
    return mounted;
}

int new_mount(const char *type, char *const *options, uint64_t attributes) {
    int fs = fsopen(type, FSOPEN_CLOEXEC);
    if (fs < 0) return -1;
    // Options come in pairs; a key that ends without a value is a flag.
    for (; *options && options[1]; options += 2)
        if (fsconfig(fs, options[1][0] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, options[0], options[1][0] ? options[1] : NULL, 0))
            return -1;
    return finish_mount(fs, attributes);
}

int mount_file_system(const struct berth_operation *o, const struct child *c) {
    int mounted = new_mount(plan_text(o->text[0]), plan_list(o->list), o->number[0]);
    if (mounted < 0 || change(mounted, (struct mount_attr){.propagation = o->number[2]}, 0)) return -1;
    return attach(mounted, make_directories(c->root, plan_text(o->text[1]), o->number[3]));
}

int bind_source(const struct berth_operation *o, const struct child *c) {
    struct stat s;
    const char *path = plan_text(o->text[1]);
    int here = o->number[4] == BERTH_SOURCE_MOUNTED;
    int source = here ? open_in_root(c->root, path, O_PATH, o->number[3]) : o->number[4] < source_count ? sources[o->number[4]] : -1;
    struct mount_attr a = {.attr_set = o->number[0], .attr_clr = o->number[1], .propagation = o->number[2]};
    if (source < 0 || fstat(source, &s) || change(source, a, o->number[5] == 1 ? AT_RECURSIVE : 0)) return -1;
    if (here) return close(source);
    return attach(source, S_ISDIR(s.st_mode) ? make_directories(c->root, path, o->number[3]) : make_file(c->root, path, o->number[3], o->number[5] == 2));
}

int attach_made(const struct berth_operation *o, const struct child *c) {
    return attach(c->mounts[o->number[0]], make_directories(c->root, plan_text(o->text[0]), RESOLVE_NO_SYMLINKS));
}

// In a directory reached without any link, which an image could have put there (CVE-2026-41579).
int make_device(const struct berth_operation *o, const struct child *c) {
    const char *name;
    int parent = make_parent(c->root, plan_text(o->text[0]), RESOLVE_NO_SYMLINKS, &name);
    if (parent < 0) return -1;
    dev_t device = makedev((unsigned int)o->number[1], (unsigned int)o->number[2]);
    // Born with its mode: a change of it by name would follow a link that took its place.
    mode_t usual = umask(0);
    int made = mknodat(parent, name, (mode_t)o->number[0], device);
    umask(usual);
    if (made && errno != EEXIST) return -1;
    struct stat s;
    int node = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (node < 0 || fstat(node, &s)) return -1;
    if ((s.st_mode & S_IFMT) != (o->number[0] & S_IFMT) || (!S_ISFIFO(s.st_mode) && s.st_rdev != device)) return errno = EEXIST, -1;
    if (fchownat(node, "", (uid_t)o->number[3], (gid_t)o->number[4], AT_EMPTY_PATH)) return -1;
    close(node);
    return close(parent);
}

int make_link(const struct berth_operation *o, const struct child *c) {
    const char *name;
    int parent = make_parent(c->root, plan_text(o->text[1]), RESOLVE_NO_SYMLINKS, &name);
    if (parent < 0 || (symlinkat(plan_text(o->text[0]), parent, name) && errno != EEXIST)) return -1;
    return close(parent);
}

// The source of a mask is our own /dev/null, checked: an image's could be a link into /proc (CVE-2025-31133).
static int clone_null(const struct child *c) {
    struct stat s;
    int null = open_in_root(c->root, "dev/null", O_PATH, RESOLVE_NO_SYMLINKS);
    if (null < 0 || fstat(null, &s)) return -1;
    if (!S_ISCHR(s.st_mode) || s.st_rdev != makedev(1, 3)) return errno = EXDEV, -1;
    int copy = clone_tree(null, "", 0);
    close(null);
    return copy;
}

static int empty_directory(void) {
    char *const options[] = {"mode", "555", "nr_inodes", "2", NULL};
    return new_mount("tmpfs", options, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

// Attaches a cover over each path that is there.
static int cover_each(const struct berth_operation *o, struct child *c, int (*cover)(const struct berth_operation *, const struct child *, int)) {
    for (char *const *path = plan_list(o->list); (c->subject = *path) != NULL; path++) {
        int target = open_in_root(c->root, *path, O_PATH, RESOLVE_NO_SYMLINKS);
        if (target < 0 && (errno == ENOENT || errno == ENOTDIR)) continue;
        int made = target < 0 ? -1 : cover(o, c, target);
        if (made < 0 || attach(made, target)) return -1;
    }
    return 0;
}

static int restricted_copy(const struct berth_operation *o, const struct child *c __attribute__((unused)), int target) {
    struct mount_attr inert = {.attr_set = o->number[0] | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
    int copy = clone_tree(target, "", 1);
    return copy < 0 || mount_setattr(copy, "", AT_EMPTY_PATH | AT_RECURSIVE, &inert, sizeof inert) ? -1 : copy;
}

static int nothing(const struct berth_operation *o, const struct child *c, int target) {
    struct stat s;
    if (fstat(target, &s)) return -1;
    if (!S_ISDIR(s.st_mode) || !o->text[0]) return S_ISDIR(s.st_mode) ? empty_directory() : clone_null(c);
    int empty = open_in_root(c->root, plan_text(o->text[0]), O_PATH, RESOLVE_NO_SYMLINKS);
    if (empty < 0) return -1;
    int copy = restricted_copy(o, c, empty);
    close(empty);
    return copy;
}

int mask(const struct berth_operation *o, struct child *c) { return cover_each(o, c, nothing); }

int restrict_paths(const struct berth_operation *o, struct child *c) { return cover_each(o, c, restricted_copy); }

// After this no path leads to the host: its root is detached, or, of a task, was never there. Descriptors are closed by set_stdio.
int pivot(const struct berth_operation *o, const struct child *c) {
    if (o->number[0]) return fchdir(c->root) || chroot(".") ? -1 : chdir("/");
    if (fchdir(c->root) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH)) return -1;
    return chdir("/");
}

int make_root_read_only(void) {
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
    return mount_setattr(AT_FDCWD, "/", 0, &read_only, sizeof read_only);
}
