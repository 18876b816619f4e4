// All that a process can see of file systems: mounts, devices, files of the kernel.
#include "attacker.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

// mount(8)'s words: where, type, options of the mount, and of the file system.
void view_mounts(void) {
    char line[16384];
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    while (mounts && fgets(line, sizeof line, mounts)) {
        char root[4096], target[4096], options[512], type[64], source[4096], super[8192];
        char *rest = strstr(line, " - ");
        if (!rest || sscanf(line, "%*d %*d %*s %4095s %4095s %511s", root, target, options) != 3) continue;
        if (sscanf(rest, " - %63s %4095s %8191s", type, source, super) != 3) continue;
        // Propagation to or from the host would be one of the fields before the dash.
        const char *shared = strstr(line, "shared:") || strstr(line, "master:") ? " propagates" : "";
        printf("mount %s %s %s of %s %s%s %s\n", target, type, options, source, root, shared, super);
    }
    if (mounts) fclose(mounts);
}

static void view_device(const char *path, unsigned char type) {
    struct stat s;
    (void)type;
    if (lstat(path, &s)) return;
    if (!S_ISCHR(s.st_mode) && !S_ISBLK(s.st_mode)) {
        printf("device %s %s\n", path, S_ISDIR(s.st_mode) ? "directory" : "file");
        return;
    }
    char name[4200];
    snprintf(name, sizeof name, "device %s %c %u:%u %o opens", path, S_ISCHR(s.st_mode) ? 'c' : 'b', major(s.st_rdev),
             minor(s.st_rdev), s.st_mode & 07777);
    report(name, can_open(path, O_RDWR));
}

// A device node that a task makes itself must not work, wherever it can make one.
static void view_own_device(const char *path) {
    char name[128];
    snprintf(name, sizeof name, "make device %s", path);
    unlink(path);
    int made = mknod(path, S_IFCHR | 0666, makedev(1, 1));  // /dev/mem
    report(name, made);
    if (made) return;
    snprintf(name, sizeof name, "open made device %s", path);
    report(name, can_open(path, O_RDWR));
    unlink(path);
}

void view_devices(void) {
    walk("/dev", view_device);
    view_own_device("/tmp/mem");
    view_own_device("/dev/mem");
    view_own_device("/dev/shm/mem");
}

static void view_writable(const char *path, unsigned char type) {
    if (type != DT_REG || can_open(path, O_WRONLY)) return;
    printf("writable %s\n", path);
}

// A name at the top of /proc or /sys: what can be had of it.
static void view_entry(const char *directory, const char *name, unsigned char type) {
    char path[512], byte;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    if (type == DT_DIR) {
        int count = 0;
        DIR *entries = opendir(path);
        while (entries && readdir(entries)) count++;
        printf("entry %s directory %s\n", path, !entries ? strerrorname_np(errno) : count > 2 ? "shows" : "empty");
        if (entries) closedir(entries);
        return;
    }
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = file < 0 ? -1 : read(file, &byte, 1);
    printf("entry %s %s\n", path, length < 0 ? strerrorname_np(errno) : length ? "shows" : "empty");
    if (file >= 0) close(file);
}

static void view_entries(const char *directory) {
    DIR *entries = opendir(directory);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (entry->d_name[0] != '.' && !(entry->d_name[0] >= '0' && entry->d_name[0] <= '9'))
            view_entry(directory, entry->d_name, entry->d_type);
    if (entries) closedir(entries);
}

// Writable files of processes, as /proc/1/oom_score_adj, are their own; the kernel's are not.
static void view_writable_below(const char *directory) {
    DIR *entries = opendir(directory);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        char path[512];
        if (entry->d_name[0] == '.' || (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')) continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        view_writable(path, entry->d_type);
        if (entry->d_type == DT_DIR) walk(path, view_writable);
    }
    if (entries) closedir(entries);
}

void view_kernel_files(void) {
    static const char *const rooms[] = {"debug", "tracing", "security", "config"};
    view_entries("/proc");
    view_entries("/sys");
    view_entries("/sys/class/net");
    view_entries("/sys/firmware");
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) view_entry("/sys/kernel", rooms[i], DT_DIR);
    view_writable_below("/proc");
    view_writable_below("/sys");
}
