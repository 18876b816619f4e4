#include "launch.h"

#include <linux/openat2.h>
#include <sys/stat.h>

// Opens a path as the container would see it: absolute links and `..` stay inside, magic links are refused. A path that
// was resolved to text and opened again is how containers escaped (CVE-2021-30465, CVE-2026-41579): only descriptors here.
int open_in_root(int root, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve};
    int fd;
    do fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    while (fd < 0 && errno == EAGAIN);
    return fd;
}

// Makes a directory and all above it, each component looked up in the root; returns the last one, opened O_PATH.
int make_directories(int root, const char *path, uint64_t resolve) {
    char part[4096];
    uint32_t n = text_length(path);
    if (n >= sizeof part) return errno = ENAMETOOLONG, -1;
    int parent = open_in_root(root, ".", O_PATH | O_DIRECTORY, resolve);
    for (uint32_t i = 0; parent >= 0 && i <= n; i++) {
        part[i] = path[i];
        if ((path[i] != '/' && path[i] != 0) || i == 0 || path[i - 1] == '/') continue;
        part[i] = 0;
        int here = open_in_root(root, part, O_PATH | O_DIRECTORY, resolve);
        if (here < 0 && errno == ENOENT) {
            uint32_t name = i;
            while (name > 0 && path[name - 1] != '/') name--;
            if (mkdirat(parent, part + name, 0755) == 0 || errno == EEXIST)
                here = open_in_root(root, part, O_PATH | O_DIRECTORY, resolve);
        }
        int error = errno;
        close(parent);
        errno = error;
        parent = here;
        part[i] = path[i];
    }
    return parent;
}

// Makes all above a path; returns the directory that its last component, `name`, belongs in.
int make_parent(int root, const char *path, uint64_t resolve, const char **name) {
    char above[4096];
    uint32_t n = text_length(path);
    if (n >= sizeof above) return errno = ENAMETOOLONG, -1;
    text_copy(above, path, sizeof above);
    while (n > 0 && path[n - 1] != '/') n--;
    *name = path + n;
    above[n] = 0;
    return make_directories(root, n > 0 ? above : ".", resolve);
}

// An empty file for something to be mounted on; one that is there stays.
int make_file(int root, const char *path, uint64_t resolve, int instead_of_link) {
    struct stat s;
    int found = open_in_root(root, path, O_PATH | (instead_of_link ? O_NOFOLLOW : 0), resolve);
    int is_link = found >= 0 && fstat(found, &s) == 0 && S_ISLNK(s.st_mode);
    if (found >= 0 ? !is_link : errno != ENOENT) return found;
    const char *name;
    int parent = make_parent(root, path, resolve, &name);
    if (parent < 0 || (is_link && (close(found) || unlinkat(parent, name, 0))) || (mknodat(parent, name, S_IFREG | 0644, 0) && errno != EEXIST)) return -1;
    close(parent);
    return open_in_root(root, path, O_PATH, resolve);
}
