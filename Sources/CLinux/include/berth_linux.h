// System calls that glibc 2.36 has no wrapper for, or that Swift cannot call because they take variable arguments.
// Every function returns what the kernel returned, or -1 with errno set.
#ifndef BERTH_LINUX_H
#define BERTH_LINUX_H

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/auxv.h>
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
// A child whose descriptors from 0 on are copies of `sources`, all of which are below `end` and none below `count`.
struct berth_spawn {
    const char *path;
    char *const *arguments;
    const int *sources;
    int count;
    unsigned int end;
    int error;  // why the program could not be executed; the child is a zombie then
};
// clone(2) with the memory and the descriptors of the caller, which waits until the program runs: a new session, all signals at
// their defaults and blocked as the caller's. `stack` is where it begins, at its top.
pid_t berth_spawn_run(struct berth_spawn *spawn, void *stack);
// Names the calling thread; Linux takes 15 bytes.
int berth_name_thread(const char *name);
// prctl(2), the last arguments 0.
int berth_prctl(int option, unsigned long first, unsigned long second);

#endif
