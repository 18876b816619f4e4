#include "shim.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static int set(int fs, const char *key, const char *value) { return fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0); }

// The layers of all images, with the task's ids mapped: no file of a layer is ever changed owner.
static int clone_layers(const struct berth_operation *o, int user_namespace) {
    int layers = open_tree(AT_FDCWD, text(o->text[0]), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    struct mount_attr map = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace};
    if (layers < 0 || user_namespace < 0) return layers;
    return mount_setattr(layers, "", AT_EMPTY_PATH, &map, sizeof map) ? -1 : layers;
}

// Without `lowerdir+` by descriptor (before Linux 6.13) layers are named by path. So that the idmapped clone has a path, it
// is attached over the layers' parent, in a mount namespace of the shim's own. All paths of an overlay must lie in one
// namespace, so this comes before any of them is named. Later containers of the task find it attached.
static int attached;

static int attach_layers(int layers, const struct berth_operation *o) {
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return -1;
    if (move_mount(layers, "", AT_FDCWD, text(o->text[0]), MOVE_MOUNT_F_EMPTY_PATH) || chdir(text(o->text[0]))) return -1;
    attached = 1;
    return 0;
}

// Names relative to the layers' parent keep the option short.
static int add_layers_by_path(int fs, const struct berth_operation *o) {
    static char lower[65536];
    uint32_t n = 0;
    for (char *const *name = list(o->list); *name; name++) {
        uint32_t length = text_length(*name);
        if (n + length + 2 > sizeof lower) return errno = ENAMETOOLONG, -1;
        if (n) lower[n++] = ':';
        text_copy(lower + n, *name, length + 1);
        n += length;
    }
    return set(fs, "lowerdir", lower);
}

static int add_layers_by_descriptor(int fs, int layers, const struct berth_operation *o) {
    for (char *const *name = list(o->list); *name; name++) {
        int layer = openat(layers, *name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (layer < 0 || fsconfig(fs, FSCONFIG_SET_FD, "lowerdir+", NULL, layer)) return -1;
        close(layer);
    }
    return 0;
}

// The root file system: the image's layers, read-only and with ids mapped, under the task's own upper directory, which
// container root owns by its host id.
static int overlay(const struct berth_operation *o, int user_namespace, struct mounts *m) {
    char path[4096];
    uint32_t n = text_length(text(o->text[1]));
    if (n + 8 > sizeof path) return errno = ENAMETOOLONG, -1;
    text_copy(path, text(o->text[1]), sizeof path);
    int by_descriptor = o->number[0] != 0;
    int layers = by_descriptor || !attached ? clone_layers(o, user_namespace) : -1;
    if (layers < 0 && (by_descriptor || !attached)) return -1;
    if (!by_descriptor && !attached && attach_layers(layers, o)) return -1;
    int fs = fsopen("overlay", FSOPEN_CLOEXEC);
    if (fs < 0 || set(fs, "source", "berth")) return -1;
    text_copy(path + n, "/upper", 8);
    if (chown(path, plan->host_id, plan->host_id) || set(fs, "upperdir", path)) return -1;
    text_copy(path + n, "/work", 8);
    if (set(fs, "workdir", path)) return -1;
    if (by_descriptor ? add_layers_by_descriptor(fs, layers, o) : add_layers_by_path(fs, o)) return -1;
    // volatile: the upper directory dies with the task, so nothing of it is ever synced.
    if (fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) || set(fs, "metacopy", "off") || set(fs, "index", "off")) return -1;
    if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return -1;
    // nodev: device nodes of an image are data. nosuid: no_new_privs is on anyway.
    m->root = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
    close(fs);
    if (layers >= 0) close(layers);
    return m->root < 0 ? -1 : 0;
}

static int device(int dir, const char *name, unsigned int major_number, unsigned int minor_number) {
    if (mknodat(dir, name, S_IFCHR | 0666, makedev(major_number, minor_number))) return -1;
    return fchownat(dir, name, plan->host_id, plan->host_id, AT_SYMLINK_NOFOLLOW) || fchmodat(dir, name, 0666, 0) ? -1 : 0;
}

static int directory(int dir, const char *name) {
    return mkdirat(dir, name, 0755) || fchownat(dir, name, plan->host_id, plan->host_id, 0) ? -1 : 0;
}

// /dev, built whole before any container can see it: an image that brings /dev as a link redirects nothing. Nodes and
// links are those of runtime-spec config-linux.md, "Default Devices" and "/dev symbolic links".
static int devices(const struct berth_operation *o, struct mounts *m) {
    int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
    if (fs < 0 || set(fs, "mode", "755") || set(fs, "size", text(o->text[0]))) return -1;
    if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return -1;
    int dev = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    close(fs);
    if (dev < 0 || fchownat(dev, "", plan->host_id, plan->host_id, AT_EMPTY_PATH)) return -1;
    if (device(dev, "null", 1, 3) || device(dev, "zero", 1, 5) || device(dev, "full", 1, 7)) return -1;
    if (device(dev, "random", 1, 8) || device(dev, "urandom", 1, 9) || device(dev, "tty", 5, 0)) return -1;
    if (directory(dev, "pts") || directory(dev, "shm") || directory(dev, "mqueue")) return -1;
    if (symlinkat("/proc/self/fd", dev, "fd") || symlinkat("pts/ptmx", dev, "ptmx")) return -1;
    if (symlinkat("/proc/self/fd/0", dev, "stdin") || symlinkat("/proc/self/fd/1", dev, "stdout")) return -1;
    if (symlinkat("/proc/self/fd/2", dev, "stderr")) return -1;
    m->devices = dev;
    return 0;
}

int host_operation(const struct berth_operation *o, int user_namespace, struct mounts *m) {
    switch (o->code) {
    case BERTH_HOST_OVERLAY: return overlay(o, user_namespace, m);
    case BERTH_HOST_DEVICES: return devices(o, m);
    default: return errno = EINVAL, -1;
    }
}
