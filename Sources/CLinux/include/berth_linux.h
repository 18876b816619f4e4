// System calls that glibc 2.36 has no wrapper for, or that Swift cannot call because they take variable arguments.
// Every function returns what the kernel returned, or -1 with errno set.
#ifndef BERTH_LINUX_H
#define BERTH_LINUX_H

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timex.h>
#include <sys/types.h>

// open_how of linux/openat2.h, by value: flags and resolve as in openat2(2).
int berth_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int berth_memfd_create(const char *name, unsigned int flags);
// Adds the seals of fcntl(2) F_ADD_SEALS.
int berth_add_seals(int fd, int seals);
// fcntl(2) F_DUPFD_CLOEXEC: the lowest free number that is at least `minimum`.
int berth_dup_above(int fd, int minimum);
int berth_pidfd_open(pid_t pid, unsigned int flags);
int berth_pipe(int ends[2]);
int berth_renameat2(int olddir, const char *oldpath, int newdir, const char *newpath, unsigned int flags);
// posix_spawn_file_actions_addclosefrom_np(3): every descriptor from `first` on is closed in the new process.
int berth_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
// A new session (POSIX_SPAWN_SETSID), all signals blocked and at their defaults.
int berth_spawn_detached(posix_spawnattr_t *attributes);
// Names the calling thread; Linux takes 15 bytes.
int berth_name_thread(const char *name);
int berth_fsetxattr(int fd, const char *name, const void *value, size_t size);
ssize_t berth_fgetxattr(int fd, const char *name, void *value, size_t size);
ssize_t berth_flistxattr(int fd, char *names, size_t size);
// Writes the whole file system of fd to its disk.
int berth_syncfs(int fd);
// unshare(2) with CLONE_FS: the calling thread gets a umask, root and working directory of its own.
int berth_unshare_fs(void);
// unshare(2) with CLONE_NEWNS: the calling thread gets a mount namespace of its own.
int berth_unshare_mounts(void);
// prctl(2), the last arguments 0.
int berth_prctl(int option, unsigned long first, unsigned long second);

#endif
