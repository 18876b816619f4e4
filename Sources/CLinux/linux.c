#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "berth_linux.h"
#include "berth_syscall.h"

#include <errno.h>
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

// The memory is the parent's until the program runs: nothing but system calls. The C library keeps two signals for itself, which
// its own functions reset for nobody.
static int become(void *argument) {
    struct berth_spawn *s = argument;
    char *const empty[] = {NULL};
    const uint64_t standard[4] = {0};  // struct sigaction of the kernel: SIG_DFL, no flags, no restorer, empty mask
    for (int number = 1; number < NSIG; number++) syscall(SYS_rt_sigaction, number, standard, NULL, 8);
    int failed = close_range(s->end, ~0u, CLOSE_RANGE_UNSHARE) || setsid() < 0;
    for (int i = 0; i < s->count && !failed; i++) failed = dup2(s->sources[i], i) < 0;
    if (!failed && !close_range((unsigned)s->count, ~0u, 0)) execve(s->path, s->arguments, empty);
    s->error = errno;
    _exit(127);
}

pid_t berth_spawn_run(struct berth_spawn *s, void *stack) { return clone(become, stack, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, s); }

int berth_name_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }

int berth_prctl(int option, unsigned long first, unsigned long second) { return prctl(option, first, second, 0, 0); }

int berth_ioctl(int fd, unsigned long request, uintptr_t argument) { return ioctl(fd, request, argument); }

int berth_signalfd(const sigset_t *signals) { return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK); }

long berth_syscall(long number, uintptr_t first, uintptr_t second, uintptr_t third, uintptr_t fourth, uintptr_t fifth) {
    return syscall(number, first, second, third, fourth, fifth);
}
