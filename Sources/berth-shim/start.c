// From plan to running program.
#include "shim.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// What the child says: a failure, or with `code` 0 that it is about to execute its program, or which process it cloned.
struct message {
    struct berth_failure failure;
    int64_t process;
};

// The namespaces that all containers of a task share, held here so that no pause process is needed.
static int user_namespace = -1, network_namespace = -1;

enum { OWN_NAMESPACES = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS };

int fail(struct berth_failure *f, uint32_t code, const char *subject) {
    f->error = errno;
    f->code = code;
    text_copy(f->subject, subject, sizeof f->subject);
    return -1;
}

// The text that tells an operation from its like in an error.
static const char *subject_of(const struct berth_operation *o) {
    if (o->code == BERTH_CHILD_EXECUTE) return list(o->list)[0];
    if (o->code == BERTH_CHILD_USER || o->code == BERTH_CHILD_SECCOMP) return "";
    if (o->code == BERTH_CHILD_MOUNT) return text(o->text[1]);
    return o->text[0] ? text(o->text[0]) : "";
}

static int send_mounts(int socket, const struct mounts *m) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = {.header = {CMSG_LEN(2 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    int *fds = (int *)(void *)CMSG_DATA(&control.header);
    fds[0] = m->root;
    fds[1] = m->devices;
    struct iovec go = {"", 1};
    struct msghdr message = {.msg_iov = &go, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

static int receive_mounts(int socket, struct mounts *m) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control;
    char go;
    struct iovec data = {&go, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || message.msg_controllen < CMSG_LEN(2 * sizeof(int)))
        return errno = EPIPE, -1;
    const int *fds = (const int *)(const void *)CMSG_DATA(&control.header);
    m->root = fds[0];
    m->devices = fds[1];
    return 0;
}

// The container's first process: waits until its ids are mapped and its mounts are made, then walks the table.
static void __attribute__((noreturn)) child(const struct container *c, const int sockets[2], const int output[2]) {
    struct mounts m = {-1, -1};
    struct message answer = {.process = 0};
    int socket = sockets[1];
    close(sockets[0]);  // so that the shim's end is the end
    if (receive_mounts(socket, &m)) _exit(127);
    sigset_t none;
    sigemptyset(&none);
    const struct berth_operation *operations = (const void *)text(c->plan->operations);
    for (uint32_t i = 0; i < c->plan->operation_count; i++) {
        if (operations[i].code == BERTH_CHILD_EXECUTE) {
            (void)!send(socket, &answer, sizeof answer, MSG_NOSIGNAL);
            // Signals were blocked for the shim; the program gets them as it expects them.
            sigprocmask(SIG_SETMASK, &none, NULL);
        }
        if (child_operation(&operations[i], &m, output) == 0) continue;
        fail(&answer.failure, operations[i].code, subject_of(&operations[i]));
        (void)!send(socket, &answer, sizeof answer, MSG_NOSIGNAL);
        break;
    }
    _exit(127);
}

static long clone_process(uint64_t flags, uint64_t exit_signal, int cgroup, int *pidfd) {
    struct clone_args a = {
        .flags = flags | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)pidfd, .exit_signal = exit_signal, .cgroup = (uint64_t)cgroup};
    return syscall(SYS_clone3, &a, sizeof a);
}

// A later container of the task enters the shared namespaces first. pid 1 of a new pid namespace must be cloned by a
// process that is inside the user namespace already, so a helper does it and hands its child to the shim (CLONE_PARENT).
static void __attribute__((noreturn)) join_and_clone(const struct container *c, const int sockets[2], const int output[2]) {
    struct message answer = {.process = 0};
    int pidfd;
    if ((user_namespace >= 0 && setns(user_namespace, CLONE_NEWUSER)) || setns(network_namespace, CLONE_NEWNET)
        || (answer.process = clone_process(OWN_NAMESPACES | CLONE_PARENT, 0, 0, &pidfd)) < 0)
        fail(&answer.failure, BERTH_STEP_CLONE, "");
    else if (answer.process == 0)
        child(c, sockets, output);
    (void)!send(sockets[1], &answer, sizeof answer, MSG_NOSIGNAL);
    _exit(0);
}

static int open_of_process(long process, const char *name, int flags) {
    char path[64] = "/proc/";
    text_decimal(path + 6, (uint64_t)process);
    uint32_t n = text_length(path);
    text_copy(path + n, name, (uint32_t)sizeof path - n);
    return open(path, flags | O_CLOEXEC);
}

static int write_map(long process, const char *name) {
    const char *map = text(plan->id_map);
    int file = open_of_process(process, name, O_WRONLY);
    if (file < 0 || write(file, map, text_length(map)) < 0) return -1;
    return close(file);
}

static int share_namespaces(long process) {
    if (plan->id_map) {
        if (write_map(process, "/uid_map") || write_map(process, "/gid_map")) return -1;
        if ((user_namespace = open_of_process(process, "/ns/user", O_RDONLY)) < 0) return -1;
    }
    network_namespace = open_of_process(process, "/ns/net", O_RDONLY);
    return network_namespace < 0 ? -1 : 0;
}

static void close_all(int *fds, int count) {
    for (int i = 0; i < count; i++)
        if (fds[i] >= 0) close(fds[i]), fds[i] = -1;
}

static long clone_first(struct container *c, int sockets[2], const int output[2]) {
    uint64_t flags = OWN_NAMESPACES | CLONE_NEWNET | CLONE_INTO_CGROUP | (plan->id_map ? CLONE_NEWUSER : 0);
    long process = clone_process(flags, SIGCHLD, c->lifecycle, &c->process);
    if (process == 0) child(c, sockets, output);
    if (process < 0) return fail(&c->record.failure, BERTH_STEP_CLONE, "");
    close_all(&sockets[1], 1);
    if (share_namespaces(process) == 0) return process;
    return fail(&c->record.failure, BERTH_STEP_MAP_IDS, plan->id_map ? text(plan->id_map) : "");
}

static long clone_later(struct container *c, int sockets[2], const int output[2]) {
    struct message answer = {.process = -1};
    int helper = -1;
    long process = clone_process(CLONE_INTO_CGROUP, SIGCHLD, c->lifecycle, &helper);
    if (process == 0) join_and_clone(c, sockets, output);
    if (process < 0) return fail(&c->record.failure, BERTH_STEP_CLONE, "");
    // A helper that dies before it answers is heard as the end of its socket.
    close_all(&sockets[1], 1);
    if (recv(sockets[0], &answer, sizeof answer, 0) != sizeof answer) {
        errno = EPIPE;
        fail(&answer.failure, BERTH_STEP_CLONE, "");
    }
    waitid(P_PIDFD, (id_t)helper, NULL, WEXITED | __WALL);
    close(helper);
    if (answer.process <= 0) return c->record.failure = answer.failure, -1;
    c->process = (int)syscall(SYS_pidfd_open, answer.process, 0);
    return c->process < 0 ? fail(&c->record.failure, BERTH_STEP_CLONE, "") : answer.process;
}

static int make_mounts(struct container *c, struct mounts *m) {
    const struct berth_operation *operations = (const void *)text(c->plan->host_operations);
    for (uint32_t i = 0; i < c->plan->host_operation_count; i++)
        if (host_operation(&operations[i], user_namespace, m))
            return fail(&c->record.failure, operations[i].code, subject_of(&operations[i]));
    return 0;
}

static int open_files(struct container *c, int output[2], int sockets[2]) {
    int pipes[2][2];
    c->lifecycle = open(text(c->plan->lifecycle), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->lifecycle < 0) return fail(&c->record.failure, BERTH_STEP_CGROUP, text(c->plan->lifecycle));
    c->events = openat(c->lifecycle, "cgroup.events", O_RDONLY | O_CLOEXEC);
    if (c->events < 0) return fail(&c->record.failure, BERTH_STEP_CGROUP, text(c->plan->lifecycle));
    c->log = open(text(c->plan->log), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (c->log < 0) return fail(&c->record.failure, BERTH_STEP_LOG, text(c->plan->log));
    for (int i = 0; i < 2; i++) {
        if (pipe2(pipes[i], O_CLOEXEC)) return fail(&c->record.failure, BERTH_STEP_PIPE, "");
        fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
        // Owned by container root, who hands them to the container's user.
        if (fchown(pipes[i][1], plan->host_id, plan->host_id)) return fail(&c->record.failure, BERTH_STEP_PIPE, "");
        c->output[i] = pipes[i][0];
        output[i] = pipes[i][1];
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) return fail(&c->record.failure, BERTH_STEP_PIPE, "");
    return 0;
}

// Every process of the container's cgroup, however fast it forks.
void container_kill(const struct container *c) {
    int file = openat(c->lifecycle, "cgroup.kill", O_WRONLY | O_CLOEXEC);
    if ((file < 0 || write(file, "1", 1) != 1) && c->process >= 0) syscall(SYS_pidfd_send_signal, c->process, SIGKILL, NULL, 0);
    if (file >= 0) close(file);
}

// The child says that it is ready, and its end closes at exec. An end without a word is no start: it was killed before.
static int await_program(struct container *c, int socket) {
    struct message answer;
    if (recv(socket, &answer, sizeof answer, 0) != sizeof answer) {
        errno = EPIPE;
        return fail(&c->record.failure, BERTH_STEP_CLONE, "");
    }
    if (answer.failure.code == 0 && recv(socket, &answer, sizeof answer, 0) != sizeof answer) return 0;
    return c->record.failure = answer.failure, -1;
}

int container_start(struct container *c) {
    int output[2] = {-1, -1}, sockets[2] = {-1, -1};
    struct mounts m = {-1, -1};
    long process = -1;
    if (open_files(c, output, sockets) == 0)
        process = network_namespace < 0 ? clone_first(c, sockets, output) : clone_later(c, sockets, output);
    close_all(&sockets[1], 1);
    close_all(output, 2);
    int failed = process < 0 || make_mounts(c, &m);
    if (!failed && send_mounts(sockets[0], &m)) failed = fail(&c->record.failure, BERTH_STEP_CLONE, "");
    close_all(&m.root, 1);
    close_all(&m.devices, 1);
    if (!failed) failed = await_program(c, sockets[0]);
    close_all(sockets, 1);
    if (failed && c->lifecycle >= 0) container_kill(c);
    if (failed && c->process >= 0) waitid(P_PIDFD, (id_t)c->process, NULL, WEXITED | __WALL);
    if (failed) {
        close_all(&c->process, 1);
        close_all(c->output, 2);
    }
    return failed ? -1 : 0;
}
