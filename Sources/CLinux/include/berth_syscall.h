// Calls that take a variable number of arguments, or that the C library does not have: -1 and errno.
#ifndef BERTH_SYSCALL_H
#define BERTH_SYSCALL_H

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

int berth_ioctl(int fd, unsigned long request, uintptr_t argument);
// Reads signals instead of taking them; O_CLOEXEC and O_NONBLOCK.
int berth_signalfd(const sigset_t *signals);
// syscall(2) of a call by its SYS_ number, for those that only one place makes.
long berth_syscall(long number, uintptr_t first, uintptr_t second, uintptr_t third, uintptr_t fourth, uintptr_t fifth);

#endif
