#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "berth_syscall.h"

#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

int berth_ioctl(int fd, unsigned long request, uintptr_t argument) { return ioctl(fd, request, argument); }

int berth_signalfd(const sigset_t *signals) { return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK); }

int berth_signal_process(int pidfd, int signal) { return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0); }

int berth_sched_setattr(int process, const void *attributes) {
    return (int)syscall(SYS_sched_setattr, process, attributes, 0);
}

long berth_syscall(long number, uintptr_t first, uintptr_t second, uintptr_t third, uintptr_t fourth, uintptr_t fifth) {
    return syscall(number, first, second, third, fourth, fifth);
}
