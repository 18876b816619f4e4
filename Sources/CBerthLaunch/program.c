// The last steps before a program, and what may stand beside it: hooks, a gate, an init.
#include "launch.h"

#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

// A terminal of the container's own devpts. Its other end is opened by TIOCGPTPEER, not by a path that the container could
// have changed (CVE-2025-52565), and its master goes to whoever asked for it.
int open_terminal(const struct berth_operation *o, struct child *c) {
    // A process that has entered a container is in its root already.
    if (c->root < 0) c->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int master = open_in_root(c->root, "dev/pts/ptmx", O_RDWR | O_NOCTTY, RESOLVE_NO_SYMLINKS), locked = 0;
    struct winsize size = {.ws_row = (unsigned short)o->number[0], .ws_col = (unsigned short)o->number[1]};
    if (master < 0 || ioctl(master, TIOCSPTLCK, &locked)) return -1;
    c->terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (c->terminal < 0 || (size.ws_row && ioctl(master, TIOCSWINSZ, &size))) return -1;
    if (o->number[2]) {
        int copy = open_tree(c->terminal, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
        int console = copy < 0 ? -1 : make_file(c->root, "dev/console", RESOLVE_NO_SYMLINKS, 0);
        if (console < 0 || move_mount(copy, "", console, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) return -1;
        close(copy);
        close(console);
    }
    if (say(c->socket, &(struct message){.says = SAYS_TERMINAL}, master)) return -1;
    return close(master);
}

// Standard descriptors; all others of the host's are closed now, and not at exec only: the kernel walks the path of a
// program before it closes anything, and /proc/self/fd/N/.. would be a way out (CVE-2024-21626).
int set_stdio(struct child *c) {
    if (setsid() < 0 && errno != EPERM) return -1;
    for (int i = 0; i < 3; i++) {
        int from = c->terminal >= 0 ? c->terminal : c->launch->stdio[i];
        if (from < 0) from = open("/dev/null", (i ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
        if (from < 0 || (from == i ? fcntl(i, F_SETFD, 0) : dup2(from, i) < 0)) return -1;
    }
    if (c->terminal >= 0 && ioctl(0, TIOCSCTTY, c->terminal = 0)) return -1;
    const int kept[] = {c->socket, c->launch->gate, c->launch->state};
    c->root = c->mounts[BERTH_MOUNT_DEVICES] = c->mounts[BERTH_MOUNT_SYSFS] = c->mounts[BERTH_MOUNT_PROCFS] = -1;
    source_count = 0;
    return keep_only(kept, sizeof kept / sizeof *kept, 3 + c->launch->container->preserved);
}

static void unblock_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// A hook gets the container's state as its standard input and the environment it asks for, nothing of the image's.
int run_hook(const struct berth_operation *o, const struct child *c) {
    int pidfd = -1;
    siginfo_t info = {0};
    long process = clone_process(0, SIGCHLD, -1, &pidfd);
    if (process == 0) {
        unblock_signals();
        if (lseek(c->launch->state, 0, SEEK_SET) == 0 && dup2(c->launch->state, 0) == 0)
            execve(plan_text(o->text[1]), plan_list(o->list), plan_list(o->text[0]));
        _exit(127);
    }
    if (process < 0) return -1;
    struct pollfd ended = {pidfd, POLLIN, 0};
    int late = poll(&ended, 1, o->number[0] ? (int)o->number[0] * 1000 : -1) == 0;
    if (late) kill((pid_t)process, SIGKILL);
    int failed = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL);
    close(pidfd);
    if (failed || (info.si_code == CLD_EXITED && info.si_status == 0)) return failed;
    return errno = late ? ETIMEDOUT : ECANCELED, -1;
}

// The program begins when somebody connects to the gate, and hears how that went from here on.
int wait_at_gate(struct child *c) {
    if (say(c->socket, &(struct message){.says = SAYS_AT_GATE}, -1)) return -1;
    close(c->socket);
    do c->socket = accept4(c->launch->gate, NULL, NULL, SOCK_CLOEXEC);
    while (c->socket < 0 && (errno == EINTR || errno == ECONNABORTED));
    return c->socket < 0 ? -1 : 0;
}

// Reaps whatever ends in its pid namespace, all there is at each wake-up, and passes every other signal on to the program;
// ends when the program does. A signal that is blocked reaches pid 1 although it has no handler for it.
__attribute__((noreturn)) void reap_forever(int64_t program) {
    sigset_t every;
    siginfo_t signal, ended;
    sigfillset(&every);
    sigprocmask(SIG_SETMASK, &every, NULL);
    for (;;) {
        int number = sigwaitinfo(&every, &signal);
        if (number > 0 && number != SIGCHLD && program > 0) kill((pid_t)program, number);
        for (ended.si_pid = 0; waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | __WALL) == 0 && ended.si_pid; ended.si_pid = 0)
            if (ended.si_pid == program) _exit(ended.si_code == CLD_EXITED ? ended.si_status : 128 + ended.si_status);
    }
}

int become_init(struct child *c) {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) return -1;
    // Not clone3, which the filter knows nothing of.
    long program = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (program < 0) return -1;
    if (program > 0) {
        // The end of the socket tells that the program is executed: only the program may hold it.
        syscall(SYS_close_range, 3, ~0u, 0);
        reap_forever(program);
    }
    // A group of its own, so that a key at the terminal does not signal it twice.
    if (setpgid(0, 0)) return -1;
    return c->terminal >= 0 ? ioctl(0, TIOCSPGRP, &(pid_t){getpid()}) : 0;
}

// The first of the paths that there is, as execvp(3) searches a command; the environment is the container's.
int execute(const struct berth_operation *o) {
    int found = ENOENT;
    // Signals were blocked so far; the program gets them as it expects them.
    unblock_signals();
    for (char *const *path = plan_list(o->text[1]); *path; path++) {
        execve(*path, plan_list(o->list), plan_list(o->text[0]));
        if (errno != ENOENT && (errno != ENOTDIR || !o->number[0])) found = errno;
    }
    return errno = found, -1;
}
