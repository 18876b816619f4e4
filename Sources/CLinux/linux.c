#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "berth_linux.h"
#include "berth_syscall.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sched.h>
#include <stdio.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

int berth_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof how);
}

int berth_memfd_create(const char *name, unsigned int flags) { return memfd_create(name, flags); }

int berth_add_seals(int fd, int seals) { return fcntl(fd, F_ADD_SEALS, seals); }

int berth_dup_above(int fd, int minimum) { return fcntl(fd, F_DUPFD_CLOEXEC, minimum); }

int berth_pidfd_open(pid_t pid, unsigned int flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }

int berth_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int berth_renameat2(int olddir, const char *oldpath, int newdir, const char *newpath, unsigned int flags) {
    return renameat2(olddir, oldpath, newdir, newpath, flags);
}

int berth_spawn_close_from(posix_spawn_file_actions_t *a, int first) { return posix_spawn_file_actions_addclosefrom_np(a, first); }

int berth_spawn_detached(posix_spawnattr_t *attributes) {
    sigset_t every;
    sigfillset(&every);
    posix_spawnattr_setsigmask(attributes, &every);
    posix_spawnattr_setsigdefault(attributes, &every);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

int berth_name_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }
int berth_fsetxattr(int fd, const char *name, const void *value, size_t size) { return fsetxattr(fd, name, value, size, 0); }

ssize_t berth_fgetxattr(int fd, const char *name, void *value, size_t size) { return fgetxattr(fd, name, value, size); }

ssize_t berth_flistxattr(int fd, char *names, size_t size) { return flistxattr(fd, names, size); }

int berth_syncfs(int fd) { return syncfs(fd); }

int berth_unshare_fs(void) { return unshare(CLONE_FS); }
int berth_unshare_mounts(void) { return unshare(CLONE_NEWNS); }

int berth_prctl(int option, unsigned long first, unsigned long second) { return prctl(option, first, second, 0, 0); }

int berth_ioctl(int fd, unsigned long request, uintptr_t argument) { return ioctl(fd, request, argument); }

int berth_signalfd(const sigset_t *signals) { return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK); }

long berth_syscall(long number, uintptr_t first, uintptr_t second, uintptr_t third, uintptr_t fourth, uintptr_t fifth) {
    return syscall(number, first, second, third, fourth, fifth);
}
