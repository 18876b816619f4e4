#include "launch.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

// To container root, by its host id.
static int give(int directory, const char *name, int flags) {
    return fchownat(directory, name, current_plan->host_id, current_plan->host_id, flags);
}

static int set(int fs, const char *key, const char *value) { return fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0); }

// The layers of all images, with the task's ids mapped: no file of a layer is ever changed owner.
static int clone_layers(const struct berth_operation *o, int user_namespace) {
    int layers = open_tree(AT_FDCWD, plan_text(o->text[0]), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    struct mount_attr map = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace};
    if (layers < 0 || user_namespace < 0) return layers;
    return mount_setattr(layers, "", AT_EMPTY_PATH, &map, sizeof map) ? -1 : layers;
}

// Where the container's upper and work directories lie. Container root owns the upper one, by its host id.
static int open_container(const struct berth_operation *o) {
    int container = open(plan_text(o->text[1]), O_PATH | O_DIRECTORY | O_CLOEXEC);
    return container >= 0 && give(container, "upper", AT_SYMLINK_NOFOLLOW) ? -1 : container;
}

static int set_directory(int fs, const char *key, int parent, const char *name) {
    int directory = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0 || fsconfig(fs, FSCONFIG_SET_FD, key, NULL, directory)) return -1;
    return close(directory);
}

// The root file system: the image's layers, read-only, under the task's own upper directory.
// volatile: the upper directory dies with the task, so nothing of it is ever synced.
// nodev: device nodes of an image are data. nosuid: no_new_privs is on anyway.
static int overlay_by_descriptor(const struct berth_operation *o, int user_namespace) {
    int layers = clone_layers(o, user_namespace), container = open_container(o), fs = fsopen("overlay", FSOPEN_CLOEXEC);
    if (layers < 0 || container < 0 || fs < 0 || set(fs, "source", "berth")) return -1;
    if (set_directory(fs, "upperdir", container, "upper") || set_directory(fs, "workdir", container, "work")) return -1;
    for (char *const *name = plan_list(o->list); *name; name++)
        if (set_directory(fs, "lowerdir+", layers, *name)) return -1;
    if (fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) || set(fs, "metacopy", "off") || set(fs, "index", "off")) return -1;
    if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return -1;
    int root = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
    close(fs);
    close(layers);
    close(container);
    return root;
}

static uint32_t append(char *page, uint32_t at, const char *s) {
    if (at + text_length(s) >= 4096) return 4096;
    text_copy(page + at, s, 4096 - at);
    return at + text_length(s);
}

// Before Linux 6.13 overlay takes no descriptors, and fsconfig no text over 255 bytes: mount(2) takes a page of options. So
// that idmapped layers have a path, they are attached over their parent, in a mount namespace of the shim's own; names
// relative to it keep the page short, which is room for 50 layers. The result is cloned, as if it had been made detached.
static int overlay_by_path(const struct berth_operation *o, int user_namespace) {
    static int attached;
    static char page[4096];
    char number[21];
    if (!attached) {
        int layers = clone_layers(o, user_namespace);
        if (layers < 0 || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL)) return -1;
        if (move_mount(layers, "", AT_FDCWD, plan_text(o->text[0]), MOVE_MOUNT_F_EMPTY_PATH)) return -1;
        close(layers);
        attached = 1;
    }
    // Each time: a clone leaves its maker at the root.
    if (chdir(plan_text(o->text[0]))) return -1;
    // Opened here: all paths of an overlay must lie in the mount namespace that makes it.
    int container = open_container(o);
    if (container < 0) return -1;
    text_decimal(number, (uint64_t)container);
    uint32_t n = append(page, 0, "volatile,metacopy=off,index=off,upperdir=/proc/self/fd/");
    n = append(page, append(page, n, number), "/upper,workdir=/proc/self/fd/");
    n = append(page, append(page, n, number), "/work,lowerdir=");
    for (char *const *name = plan_list(o->list); *name; name++) n = append(page, append(page, n, *name), name[1] ? ":" : "");
    if (n >= sizeof page) return errno = E2BIG, -1;
    if (mount("berth", plan_text(current_plan->directory), "overlay", MS_NODEV | MS_NOSUID, page)) return -1;
    close(container);
    int root = open_tree(AT_FDCWD, plan_text(current_plan->directory), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    return umount2(plan_text(current_plan->directory), MNT_DETACH) ? -1 : root;
}

static int device(int dir, const char *name, unsigned int major_number, unsigned int minor_number) {
    if (mknodat(dir, name, S_IFCHR | 0666, makedev(major_number, minor_number))) return -1;
    return give(dir, name, AT_SYMLINK_NOFOLLOW) || fchmodat(dir, name, 0666, 0) ? -1 : 0;
}

static int directory(int dir, const char *name) { return mkdirat(dir, name, 0755) || give(dir, name, 0) ? -1 : 0; }

// /dev, built whole before any container can see it: an image that brings /dev as a link redirects nothing. Nodes and
// links are those of runtime-spec config-linux.md, "Default Devices" and "/dev symbolic links".
static int make_devices(const struct berth_operation *o) {
    char *const options[] = {"mode", "755", "size", (char *)(uintptr_t)plan_text(o->text[0]), NULL};
    int dev = new_mount("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    if (dev < 0 || give(dev, "", AT_EMPTY_PATH)) return -1;
    if (device(dev, "null", 1, 3) || device(dev, "zero", 1, 5) || device(dev, "full", 1, 7)) return -1;
    if (device(dev, "random", 1, 8) || device(dev, "urandom", 1, 9) || device(dev, "tty", 5, 0)) return -1;
    if (directory(dev, "pts") || directory(dev, "mqueue") || directory(dev, "shm") || fchmodat(dev, "shm", 01777, 0)) return -1;
    if (symlinkat("/proc/self/fd", dev, "fd") || symlinkat("pts/ptmx", dev, "ptmx")) return -1;
    if (symlinkat("/proc/self/fd/0", dev, "stdin") || symlinkat("/proc/self/fd/1", dev, "stdout")) return -1;
    return symlinkat("/proc/self/fd/2", dev, "stderr") ? -1 : dev;
}

// Of the shim's network namespace. One that came with it is the first container's: to make another costs a look at those of all
// namespaces, and only Linux 6.15 clones what is mounted nowhere.
static int make_sysfs(uint64_t attributes, uint32_t came) {
    static int taken;
    return came && !taken++ ? BERTH_FD_SYSFS : new_mount("sysfs", (char *const[]){"ro", "", NULL}, attributes);
}

int host_operation(const struct berth_operation *o, int user_namespace, int mounts[BERTH_MOUNTS]) {
    const uint64_t inert = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    switch (o->code) {
    case BERTH_HOST_OVERLAY:
        mounts[BERTH_MOUNT_ROOT] = o->number[0] ? overlay_by_descriptor(o, user_namespace) : overlay_by_path(o, user_namespace);
        return mounts[BERTH_MOUNT_ROOT] < 0 ? -1 : 0;
    case BERTH_HOST_DEVICES: return (mounts[BERTH_MOUNT_DEVICES] = make_devices(o)) < 0 ? -1 : 0;
    case BERTH_HOST_SYSFS: return (mounts[BERTH_MOUNT_SYSFS] = make_sysfs(inert, current_plan->flags & BERTH_PLAN_NETWORK)) < 0 ? -1 : 0;
    default: return errno = EINVAL, -1;
    }
}
