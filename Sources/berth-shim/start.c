// From waiting container to running program, and the namespaces that all containers of a task share.
#include "shim.h"

// Held here, so that no pause process is needed; -1 before the first container.
static int user_namespace = -1, process_namespace = -1, shared;
// Where containers see each other's processes, pid 1 is ours: an end of one container must not end the others.
static int holder = -1;

void close_all(int *fds, int count) {
    for (int i = 0; i < count; i++)
        if (fds[i] >= 0) close(fds[i]), fds[i] = -1;
}

static int share_namespaces(const struct berth_launch *l) {
    if (current_plan->uid_map && (user_namespace = open_of_process(l->number, "/ns/user", O_RDONLY)) < 0) return -1;
    if (holder >= 0 && (process_namespace = open_of_process(l->number, "/ns/pid", O_RDONLY)) < 0) return -1;
    int network = l->container->namespaces & CLONE_NEWNET ? open_of_process(l->number, "/ns/net", O_RDONLY) : -1;
    // Entered, so that the sysfs that is mounted here is its own, and what is cloned here is in it.
    if ((l->container->namespaces & CLONE_NEWNET) && (network < 0 || setns(network, CLONE_NEWNET) || close(network))) return -1;
    return shared = 1, 0;
}

static int start_holder(const struct berth_container *of, struct berth_failure *f) {
    const struct berth_container nothing = {.namespaces = (of->namespaces & (CLONE_NEWUSER | CLONE_NEWNET)) | CLONE_NEWPID | CLONE_NEWNS};
    struct berth_launch l = {.container = &nothing, .cgroup = -1, .mounts = BERTH_FD_MOUNTS, .stdio = {-1, -1, -1}, .gate = -1, .state = -1};
    int mounts[BERTH_MOUNTS] = {-1, -1, -1, -1};
    int failed = berth_launch_clone(&l) || berth_launch_go(&l, mounts) || berth_launch_await(&l) || (holder = l.process, share_namespaces(&l));
    close_all(&l.socket, 1);
    close_all(mounts, BERTH_MOUNTS);
    if (failed && l.failure.code == 0) fail(&l.failure, BERTH_STEP_CLONE, "");
    return failed ? *f = l.failure, -1 : 0;
}

void send_signal(int process, uint32_t number) { syscall(SYS_pidfd_send_signal, process, number, NULL, 0); }

void end_holder(void) {
    if (holder < 0) return;
    send_signal(holder, SIGKILL);
    waitid(P_PIDFD, (id_t)holder, NULL, WEXITED | __WALL);
}

static void join(struct berth_launch *l, int descriptor, int type) {
    if (descriptor >= 0) l->joins[l->join_count++] = (struct berth_join){descriptor, type};
}

static int open_pipe(struct container *c, int number, int *ours, int *theirs) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return fail(&c->record.failure, BERTH_STEP_PIPE, "");
    *ours = ends[number == 0];
    *theirs = ends[number != 0];
    fcntl(*ours, F_SETFL, O_NONBLOCK);
    // Owned by container root, who hands it to the container's user.
    return fchown(*theirs, current_plan->host_id, current_plan->host_id) ? fail(&c->record.failure, BERTH_STEP_PIPE, "") : 0;
}

static int open_files(struct container *c, int stdio[3]) {
    const char *cgroup = plan_text(c->plan->lifecycle), *log = plan_text(c->plan->log);
    c->lifecycle = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    c->events = c->lifecycle < 0 ? -1 : openat(c->lifecycle, "cgroup.events", O_RDONLY | O_CLOEXEC);
    if (c->events < 0) return fail(&c->record.failure, BERTH_STEP_CGROUP, cgroup);
    c->log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (c->log < 0) return fail(&c->record.failure, BERTH_STEP_LOG, log);
    if (c->plan->flags & BERTH_CONTAINER_TERMINAL) return 0;
    if ((c->plan->flags & BERTH_CONTAINER_INPUT) && open_pipe(c, 0, &c->input, &stdio[0])) return -1;
    return open_pipe(c, 1, &c->output[0], &stdio[1]) || open_pipe(c, 2, &c->output[1], &stdio[2]) ? -1 : 0;
}

static int make_mounts(struct berth_launch *l, int mounts[BERTH_MOUNTS]) {
    const struct berth_operation *operations = (const void *)plan_text(l->container->host_operations);
    for (uint32_t i = 0; i < l->container->host_operation_count; i++)
        if (host_operation(&operations[i], user_namespace, mounts)) return fail_operation(&l->failure, &operations[i]);
    return 0;
}

// Every process of the container's cgroup, however fast it forks.
void container_kill(const struct container *c) {
    int file = openat(c->lifecycle, "cgroup.kill", O_WRONLY | O_CLOEXEC);
    if ((file < 0 || write(file, "1", 1) != 1) && c->process >= 0) send_signal(c->process, SIGKILL);
    if (file >= 0) close(file);
}

static int launch(struct container *c, struct berth_launch *l) {
    int mounts[BERTH_MOUNTS] = {-1, -1, -1, -1};
    struct berth_container plan = *c->plan;
    if (!shared && (current_plan->flags & BERTH_PLAN_SHARE_PROCESSES) && start_holder(&plan, &l->failure)) return -1;
    l->container = &plan;
    if (shared) {
        // Made once, for the first container or the holder.
        join(l, BERTH_FD_MOUNTS, CLONE_NEWNS);
        join(l, user_namespace, CLONE_NEWUSER);
        join(l, process_namespace, CLONE_NEWPID);
        plan.namespaces &= ~(uint32_t)(CLONE_NEWUSER | CLONE_NEWNET | (process_namespace >= 0 ? CLONE_NEWPID : 0));
    }
    if (berth_launch_clone(l)) return -1;
    if (!shared && share_namespaces(l)) return fail(&l->failure, BERTH_STEP_CLONE, "");
    int failed = make_mounts(l, mounts) || berth_launch_go(l, mounts);
    close_all(mounts, BERTH_MOUNTS);
    return failed || berth_launch_await(l) ? -1 : 0;
}

int container_start(struct container *c) {
    struct berth_launch l = {.mounts = BERTH_FD_MOUNTS, .stdio = {-1, -1, -1}, .gate = -1, .state = -1, .wait = hear_until, .held = &held,
                             .process = -1, .socket = -1, .terminal = -1};
    int failed = open_files(c, l.stdio);
    if (!failed) {
        l.cgroup = c->lifecycle;
        failed = launch(c, &l);
        if (failed) c->record.failure = l.failure;
    }
    close_all(l.stdio, 3);
    close_all(&l.socket, 1);
    if (l.terminal >= 0) fcntl(l.terminal, F_SETFL, O_NONBLOCK), c->output[0] = l.terminal;
    c->process = l.process;
    if (!failed) return 0;
    if (c->lifecycle >= 0) container_kill(c);
    if (c->process >= 0) waitid(P_PIDFD, (id_t)c->process, NULL, WEXITED | __WALL);
    close_all(&c->process, 1);
    close_all(&c->input, 1);
    close_all(c->output, 2);
    return -1;
}
