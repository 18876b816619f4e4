// From plan to process: clone3 and the talk with its child.
#include "launch.h"

#include <limits.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

const struct berth_plan *current_plan;

int berth_plan_load(char *bytes, size_t size) {
    if (!berth_plan_check(bytes, size)) return -1;
    current_plan = (const struct berth_plan *)(const void *)bytes;
    uint64_t *pointers = (uint64_t *)(void *)(bytes + current_plan->pointers);
    for (uint32_t i = 0; i < current_plan->pointer_count; i++)
        if (pointers[i]) pointers[i] += (uint64_t)(uintptr_t)bytes;
    return 0;
}

int berth_send(int socket, const void *bytes, size_t size, int flags, const int *descriptors, uint32_t count) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(BERTH_MOST_DESCRIPTORS * sizeof(int))];
    } control = {.header = {CMSG_LEN(count * sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec data = {(void *)(uintptr_t)bytes, size};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    for (uint32_t i = 0; i < count; i++) ((int *)(void *)CMSG_DATA(&control.header))[i] = descriptors[i];
    if (count) message.msg_control = &control, message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    return sendmsg(socket, &message, MSG_NOSIGNAL | flags) == (ssize_t)size ? 0 : -1;
}

ssize_t berth_receive(int socket, void *bytes, size_t size, int flags, int *descriptors, uint32_t count) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(BERTH_MOST_DESCRIPTORS * sizeof(int))];
    } control;
    struct iovec data = {bytes, size};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    for (uint32_t i = 0; i < count; i++) descriptors[i] = -1;
    ssize_t n;
    do n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
    while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n <= 0 || message.msg_controllen < sizeof control.header || control.header.cmsg_type != SCM_RIGHTS) return n;
    const int *came = (const int *)(const void *)CMSG_DATA(&control.header);
    for (uint32_t i = 0; i < (control.header.cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
        if (i < count) descriptors[i] = came[i]; else close(came[i]);
    return n;
}

// Without a descriptor by write(2): a container's own filter may refuse sendmsg, and a program needs write anyway. All signals
// are blocked; the one that an ended listener raises must not wait for the program.
int say(int socket, const struct message *m, int descriptor) {
    if (descriptor >= 0) return berth_send(socket, m, sizeof *m, 0, &descriptor, 1);
    if (write(socket, m, sizeof *m) == sizeof *m) return 0;
    sigset_t broken;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigtimedwait(&broken, NULL, &(struct timespec){0});
    return -1;
}

// Closes all descriptors from `first` on but these.
int keep_only(const int *kept, uint32_t count, uint32_t first) {
    for (unsigned int from = first, next = 0; next != UINT_MAX; from = next + 1) {
        next = UINT_MAX;
        for (uint32_t i = 0; i < count; i++)
            if (kept[i] >= (int)from && (unsigned int)kept[i] < next) next = (unsigned int)kept[i];
        if (next > from && syscall(SYS_close_range, from, next == UINT_MAX ? next : next - 1, 0)) return -1;
    }
    return 0;
}

long clone_process(uint64_t flags, uint64_t exit_signal, int cgroup, int *pidfd) {
    struct clone_args a = {.flags = flags | CLONE_PIDFD | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
                           .pidfd = (uint64_t)(uintptr_t)pidfd,
                           .exit_signal = exit_signal,
                           .cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0};
    return syscall(SYS_clone3, &a, sizeof a);
}

// What must happen while the host's files are in sight. Writing 0 moves this thread only, and takes no global lock; the v1
// file says who may, by its opener: host root. A maker that the kernel spares when memory is short must not hand that down.
static int enter_cgroups(const struct berth_launch *l, struct berth_failure *f) {
    for (char *const *path = plan_list(l->container->joins); l->container->joins && *path; path++) {
        int file = open_in_root(l->host, *path, O_WRONLY, 0);
        if (file < 0 || write(file, "0", 1) != 1) return fail(f, BERTH_STEP_CGROUP, *path);
        close(file);
    }
    if (!l->container->score) return 0;
    const char *score = plan_text(l->container->score);
    int file = open_in_root(l->host, "/proc/self/oom_score_adj", O_WRONLY, 0);
    if (file >= 0) (void)!write(file, score, text_length(score)), close(file);
    return 0;
}

// A process without steps holds its namespaces. It is pid 1 among processes of others: nothing of the host may be left in it when
// they come, as nothing is in its mounts. It ends with its maker.
static void __attribute__((noreturn)) hold(const struct child *c) {
    const struct berth_operation nothing = {0};
    // The signal after the ids, whose change forgets it.
    if (become_root(&nothing) || set_capabilities(&nothing) || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)) _exit(127);
    if (keep_only(&c->socket, 1, 3) || say(c->socket, &(struct message){.says = SAYS_AT_GATE}, -1) || close(c->socket)) _exit(127);
    reap_forever(-1);
}

// The container's first process: waits until its ids are mapped and its mounts are made, then walks the table.
static void __attribute__((noreturn)) child(const struct berth_launch *l, int socket) {
    struct message answer = {.says = SAYS_FAILED};
    struct child c = {.launch = l, .socket = socket, .terminal = -1};
    char go;
    close(l->socket);  // so that the maker's end is the end
    int failed = l->join_count == 0 && (enter_cgroups(l, &answer.failure) || close(l->host));
    if (l->mounts >= 0) {
        // Asked for, so that it is no answer to another question.
        int fs = berth_receive(socket, &go, 1, 0, NULL, 0) != 1 || failed ? -1 : fsopen("proc", FSOPEN_CLOEXEC);
        if (fs < 0 && !failed) fail(&answer.failure, BERTH_CHILD_MOUNT, "proc");
        // One that has failed waits for its end: its maker may look at its namespaces still.
        if (say(socket, fs < 0 ? &answer : &(struct message){.says = SAYS_PROCFS}, fs) || fs < 0 || close(fs))
            berth_receive(socket, &go, 1, 0, NULL, 0), _exit(127);
    }
    if (berth_receive(socket, &go, 1, 0, c.mounts, BERTH_MOUNTS) != 1) _exit(127);
    c.root = c.mounts[BERTH_MOUNT_ROOT];
    if (l->container->operation_count == 0) hold(&c);
    const struct berth_operation *operations = (const void *)plan_text(l->container->operations);
    for (uint32_t i = 0; !failed && i < l->container->operation_count; i++) {
        int is_last = operations[i].code == BERTH_CHILD_EXECUTE;
        if (is_last && go == GO_AND_WAIT && berth_receive(c.socket, &go, 1, 0, NULL, 0) != 1) _exit(127);
        if (is_last) say(c.socket, &(struct message){.says = SAYS_READY}, -1);
        if (child_operation(&operations[i], &c))
            failed = c.subject ? fail(&answer.failure, operations[i].code, c.subject) : fail_operation(&answer.failure, &operations[i]);
    }
    say(c.socket, &answer, -1);
    _exit(127);
}

// pid 1 of a new namespace, and any process of an old one, must be cloned by a process that is inside already: a helper does
// it and hands its child to its own maker (CLONE_PARENT). Nobody inside can see the helper: it has its maker's pid namespace.
static void __attribute__((noreturn)) join_and_clone(const struct berth_launch *l, int socket) {
    struct message answer = {.says = SAYS_FAILED};
    int failed = enter_cgroups(l, &answer.failure), pidfd;
    for (uint32_t i = 0; !failed && i < l->join_count; i++)
        if (setns(l->joins[i].descriptor, l->joins[i].types)) failed = fail(&answer.failure, BERTH_STEP_NAMESPACE, "");
    // Until exec nobody may trace the process or read its memory, which is a copy of its maker's (CVE-2016-9962).
    if (!failed && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) failed = fail(&answer.failure, BERTH_STEP_CLONE, "");
    if (!failed) {
        int kept[7 + BERTH_MAX_SOURCES] = {socket, l->socket, l->stdio[0], l->stdio[1], l->stdio[2], l->gate, l->state};
        for (uint32_t i = 0; i < source_count; i++) kept[7 + i] = sources[i];
        keep_only(kept, 7 + source_count, 3 + l->container->preserved);
        answer.process = clone_process(l->container->namespaces | CLONE_PARENT, 0, -1, &pidfd);
        if (answer.process == 0) child(l, socket);
        answer.says = SAYS_CLONED;
        if (answer.process < 0) answer.says = SAYS_FAILED, fail(&answer.failure, BERTH_STEP_CLONE, "");
    }
    say(socket, &answer, -1);
    _exit(0);
}

static int write_of_process(int64_t process, const char *name, const char *content) {
    int file = open_of_process(process, name, O_WRONLY);
    if (file < 0) return -1;
    int failed = write(file, content, text_length(content)) < 0;
    close(file);
    return failed ? -1 : 0;
}

static int map_ids(struct berth_launch *l) {
    if (!current_plan->uid_map || !(l->container->namespaces & CLONE_NEWUSER)) return 0;
    const char *uids = plan_text(current_plan->uid_map), *gids = plan_text(current_plan->gid_map);
    if ((current_plan->flags & BERTH_PLAN_DENY_SETGROUPS) && write_of_process(l->number, "/setgroups", "deny"))
        return fail(&l->failure, BERTH_STEP_MAP_IDS, gids);
    if (write_of_process(l->number, "/uid_map", uids)) return fail(&l->failure, BERTH_STEP_MAP_IDS, uids);
    return write_of_process(l->number, "/gid_map", gids) ? fail(&l->failure, BERTH_STEP_MAP_IDS, gids) : 0;
}

static int clone_joined(struct berth_launch *l, int socket) {
    struct message answer;
    int helper = -1;
    long process = clone_process(0, SIGCHLD, l->cgroup, &helper);
    if (process == 0) join_and_clone(l, socket);
    if (process < 0) return fail(&l->failure, BERTH_STEP_CLONE, "");
    // A child that it has cloned by then would keep the socket open: its own end is waited for, whether it has answered or not.
    if (l->wait) l->wait(l, helper);
    waitid(P_PIDFD, (id_t)helper, NULL, WEXITED | __WALL);
    close(helper);
    if (recv(l->socket, &answer, sizeof answer, MSG_DONTWAIT) != sizeof answer) {
        errno = EPIPE;
        answer.says = SAYS_FAILED;
        fail(&answer.failure, BERTH_STEP_CLONE, "");
    }
    if (answer.says != SAYS_CLONED) return l->failure = answer.failure, -1;
    l->number = answer.process;
    l->process = (int)syscall(SYS_pidfd_open, l->number, 0);
    return l->process < 0 ? fail(&l->failure, BERTH_STEP_CLONE, "") : 0;
}

// clone3 copies the mounts that its caller sees. A copy of the host's would have to be taken off again, and to change the root
// in it, pivot_root(2) looks at every thread of the host.
static long clone_apart(struct berth_launch *l, uint64_t flags, int cgroup) {
    int home = l->mounts < 0 ? -1 : open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), is_away = home >= 0 && setns(l->mounts, CLONE_NEWNS) == 0;
    long process = l->mounts < 0 || is_away ? clone_process(flags, SIGCHLD, cgroup, &l->process) : -1;
    int error = errno;
    // Short of memory, maybe; but nothing that its maker has to do yet could be done there.
    while (process != 0 && is_away && setns(home, CLONE_NEWNS)) poll(NULL, 0, 10);
    if (home >= 0) close(home);
    return errno = error, process;
}

static int clone_direct(struct berth_launch *l, int socket) {
    long process = clone_apart(l, l->container->namespaces, l->cgroup);
    if (process == 0) child(l, socket);
    l->number = process;
    return process < 0 ? fail(&l->failure, BERTH_STEP_CLONE, "") : 0;
}

// A hard limit can rise only with the maker's privileges; the child sets it when nothing else is left to do.
static void raise_limits(const struct berth_launch *l) {
    const struct berth_operation *o = (const void *)plan_text(l->container->operations);
    for (uint32_t i = 0; i < l->container->operation_count; i++) {
        struct rlimit now;
        if (o[i].code != BERTH_CHILD_LIMIT) continue;
        __rlimit_resource_t resource = (__rlimit_resource_t)o[i].number[0];
        if (prlimit((pid_t)l->number, resource, NULL, &now) || o[i].number[2] <= now.rlim_max) continue;
        now.rlim_max = o[i].number[2];
        prlimit((pid_t)l->number, resource, &now, NULL);
    }
}

// The kernel lets a user namespace mount a procfs only where its mounts show one in full already, and there none must be: the
// process opens the file system, which is its pid namespace's then, and its maker, who sees the host's, mounts it.
static int mount_procfs(struct berth_launch *l) {
    struct message answer;
    int fs;
    if (l->wait) l->wait(l, l->socket);
    if (berth_receive(l->socket, &answer, sizeof answer, 0, &fs, 1) != sizeof answer) return errno = EPIPE, fail(&l->failure, BERTH_STEP_CLONE, "");
    if (answer.says != SAYS_PROCFS) return l->failure = answer.failure, -1;
    int mounted = finish_mount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    return mounted < 0 ? fail(&l->failure, BERTH_CHILD_MOUNT, "proc") : mounted;
}

int berth_launch_go(struct berth_launch *l, int *mounts) {
    uint32_t count = 0;
    if (mounts && l->mounts >= 0 && (mounts[BERTH_MOUNT_PROCFS] = mount_procfs(l)) < 0) return -1;
    while (mounts && count < BERTH_MOUNTS && mounts[count] >= 0) count++;
    l->waits = mounts && l->held && *l->held;
    return berth_send(l->socket, &(char){l->waits ? GO_AND_WAIT : GO_ON}, 1, 0, mounts, count) ? fail(&l->failure, BERTH_STEP_CLONE, "") : 0;
}

int berth_launch_clone(struct berth_launch *l) {
    const struct berth_operation *o = (const void *)plan_text(l->container->operations);
    int sockets[2], failed = 0;
    l->process = l->socket = l->terminal = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) return fail(&l->failure, BERTH_STEP_PIPE, "");
    l->socket = sockets[0];
    if ((l->host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) failed = fail(&l->failure, BERTH_STEP_CLONE, "");
    // Where the process will see no path of the host's, its maker opens what it is to bind.
    for (uint32_t i = 0; l->mounts >= 0 && !failed && i < l->container->operation_count; i++)
        if (o[i].code == BERTH_CHILD_SOURCE && open_source(&o[i])) failed = fail_operation(&l->failure, &o[i]);
    failed = failed || (l->join_count ? clone_joined(l, sockets[1]) : clone_direct(l, sockets[1]));
    close(sockets[1]);
    close(l->host);
    while (source_count > 0) close(sources[--source_count]);
    if (failed || map_ids(l) || (l->mounts >= 0 && berth_launch_go(l, NULL))) return -1;
    raise_limits(l);
    return 0;
}

// The child says that it is ready, and its end closes at exec. An end without a word is no start: it was killed before.
int berth_launch_await(struct berth_launch *l) {
    struct message answer;
    for (int ready = 0, terminal;;) {
        if (l->wait) l->wait(l, l->socket);
        if (berth_receive(l->socket, &answer, sizeof answer, 0, &terminal, 1) != sizeof answer) {
            errno = EPIPE;
            return ready ? 0 : fail(&l->failure, BERTH_STEP_CLONE, "");
        }
        switch (answer.says) {
        case SAYS_AT_GATE: return 0;
        case SAYS_READY: ready = 1; break;
        case SAYS_TERMINAL: l->terminal = terminal; break;
        default: return l->failure = answer.failure, -1;
        }
    }
}
