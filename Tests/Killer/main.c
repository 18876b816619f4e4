// killer [--network] N PROGRAM ARGUMENTS...: runs a program and kills it, all its threads at once, at the entry of its N-th
// system call that changes a file system, before it is carried out. N of 0 kills nothing. Prints how many there were until
// then. With --network those count that change the host's network, or make what a store says of it durable.
//
// Exit: 0 if the program ended by itself with 0, 2 if it was killed, 1 for anything else.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int changes_files(const struct ptrace_syscall_info *call) {
    switch (call->entry.nr) {
    case SYS_openat: return (call->entry.args[2] & O_CREAT) != 0;
    case SYS_openat2: case SYS_write: case SYS_pwrite64: case SYS_ftruncate: case SYS_mkdirat: case SYS_unlinkat:
    case SYS_renameat2: case SYS_linkat: case SYS_symlinkat: case SYS_mknodat: case SYS_fsync: case SYS_fdatasync:
    case SYS_syncfs: case SYS_fsetxattr: case SYS_fchmod: case SYS_fchown: case SYS_fchmodat: case SYS_utimensat:
        return 1;
#ifdef SYS_rename
    case SYS_rename: case SYS_unlink: case SYS_mkdir: case SYS_rmdir: return 1;
#endif
    default: return 0;
    }
}

static int changes_network(const struct ptrace_syscall_info *call) {
    switch (call->entry.nr) {
    case SYS_sendto: case SYS_sendmsg: case SYS_unshare: case SYS_setns: case SYS_fsync: case SYS_fdatasync: return 1;
    // Settings are files; eight bytes are the ring of a bell between two threads.
    case SYS_write: return call->entry.args[2] != 8;
    default: return 0;
    }
}

int main(int count, char **arguments) {
    int (*changes)(const struct ptrace_syscall_info *) = changes_files;
    if (count > 1 && strcmp(arguments[1], "--network") == 0) {
        changes = changes_network;
        ++arguments, --count;
    }
    if (count < 3) return 1;
    const long target = strtol(arguments[1], NULL, 10);
    const pid_t victim = fork();
    if (victim < 0) return 1;
    if (victim == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        execv(arguments[2], arguments + 2);
        _exit(127);
    }
    int status;
    if (waitpid(victim, &status, 0) != victim || !WIFSTOPPED(status)) return 1;
    ptrace(PTRACE_SETOPTIONS, victim, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE);
    ptrace(PTRACE_SYSCALL, victim, NULL, NULL);
    long seen = 0;
    for (;;) {
        const pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0) return 1;
        if (!WIFSTOPPED(status)) {
            if (thread != victim) continue;
            printf("%ld\n", seen);
            return WIFEXITED(status) ? WEXITSTATUS(status) != 0 : WTERMSIG(status) == SIGKILL ? 2 : 1;
        }
        long deliver = 0;
        const int signal = WSTOPSIG(status);
        if (signal == (SIGTRAP | 0x80)) {
            struct ptrace_syscall_info call;
            if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof call, &call) > 0) {
                if (call.op == PTRACE_SYSCALL_INFO_ENTRY && changes(&call) && ++seen == target) {
                    kill(victim, SIGKILL);
                    continue;
                }
                // ERESTARTNOINTR: nothing was done, and the call comes again, as often as a lock of the kernel is busy.
                if (call.op == PTRACE_SYSCALL_INFO_EXIT && call.exit.rval == -513 && seen > 0) --seen;
            }
        } else if (signal != SIGTRAP && signal != SIGSTOP) {
            deliver = signal;
        }
        ptrace(PTRACE_SYSCALL, thread, NULL, (void *)deliver);
    }
}
