// Calls of another architecture than the program's own, which have other numbers: a filter must not mistake them.
#include "attacker.h"

#include <sys/wait.h>

// socketcall(SYS_SOCKET, {AF_ALG, SOCK_SEQPACKET, 0}) as a 32-bit program makes it. The arguments must lie in the first
// 4 GiB, where a 32-bit pointer reaches them: a static, unrelocated program's own data does.
static int socketcall(void) {
#if defined(__x86_64__)
    static unsigned int arguments[3] = {38, 5, 0};
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(102l), "b"(1l), "c"(arguments) : "memory", "r8", "r9", "r10", "r11");
    return result < 0 ? (errno = (int)-result, -1) : (int)result;
#else
    return errno = ENOSYS, -1;
#endif
}

// getpid, so that something harmless is refused as well
static int getpid32(void) {
#if defined(__x86_64__)
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20l) : "memory", "r8", "r9", "r10", "r11");
    return (int)result;
#else
    return errno = ENOSYS, -1;
#endif
}

static void try(const char *name, int (*call)(void)) {
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        report(name, call());
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) printf("%s: SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
}

int attack_foreign_calls(char **arguments) {
    (void)arguments;
    try("socketcall alg", socketcall);
    try("32-bit getpid", getpid32);
    return 0;
}
