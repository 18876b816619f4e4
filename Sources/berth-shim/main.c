// The shim's life: start containers as their conditions come true, watch them, stop them, record, clean up.
#include "shim.h"

#include <limits.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct container containers[BERTH_MAX_CONTAINERS];

static int connection = -1;  // the daemon, when one is there
static int stop_wanted, finished, settled;
int held;

static int load_plan(void) {
    struct stat s;
    if (fstat(BERTH_FD_PLAN, &s) || s.st_size <= 0) return -1;
    char *bytes = mmap(NULL, (size_t)s.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, BERTH_FD_PLAN, 0);
    if (bytes == MAP_FAILED || berth_plan_load(bytes, (size_t)s.st_size)) return -1;
    close(BERTH_FD_PLAN);
    return mprotect(bytes, (size_t)s.st_size, PROT_READ);
}

static int is_over(const struct container *c) { return c->record.state >= BERTH_EXITED; }

static void end_container(struct container *c, uint32_t state) {
    c->record.state = state;
    if (c->plan->flags & BERTH_CONTAINER_ESSENTIAL) stop_wanted = 1;
}

// Events

static void tell(uint32_t type, uint32_t index) {
    struct berth_event event = {.type = type, .container = index};
    if (type != BERTH_EVENT_FINISHED) event.record = containers[index].record;
    int process = type == BERTH_EVENT_STARTED ? containers[index].process : -1;
    if (connection >= 0 && berth_send(connection, &event, sizeof event, MSG_DONTWAIT, &process, process >= 0))
        close_all(&connection, 1);
}

// Whoever connects hears all from the first event; a later daemon takes the place of an earlier one.
static void accept_daemon(void) {
    int fd = accept4(BERTH_FD_LISTENER, NULL, NULL, SOCK_CLOEXEC);
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (fd >= 0 && (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) || peer.uid != geteuid())) close_all(&fd, 1);
    if (fd < 0) return;
    tell(BERTH_EVENT_TAKEN, 0);
    close_all(&connection, 1);
    connection = fd;
    for (uint32_t i = 0; i < current_plan->container_count; i++) {
        const struct berth_container_record *r = &containers[i].record;
        if (r->started.realtime) tell(BERTH_EVENT_STARTED, i);
        if (r->state == BERTH_FAILED) tell(BERTH_EVENT_FAILED, i);
        if (r->state == BERTH_EXITED) tell(BERTH_EVENT_EXITED, i);
    }
    if (finished) tell(BERTH_EVENT_FINISHED, 0);
}

static void hear_daemon(void) {
    struct berth_request request;
    ssize_t n;
    while ((n = berth_receive(connection, &request, sizeof request, MSG_DONTWAIT, NULL, 0)) == sizeof request) {
        if (request.type == BERTH_REQUEST_STOP) stop_wanted = 1;
        if (request.type == BERTH_REQUEST_SETTLED) settled = 1;
        if (request.type == BERTH_REQUEST_RELEASE) held = 0;
        if (request.type != BERTH_REQUEST_GIVE_UP || request.number >= current_plan->container_count) continue;
        struct container *c = &containers[request.number];
        if (c->record.state == BERTH_WAITING) end_container(c, BERTH_NEVER);
    }
    if (n >= 0 || errno != EAGAIN) close_all(&connection, 1);
}

static void hear(const struct pollfd fds[2]) {
    if (fds[1].revents) hear_daemon();
    if (fds[0].revents) accept_daemon();
}

void hear_until(struct berth_launch *l, int descriptor) {
    const struct container started = {.lifecycle = l->cgroup, .process = l->process};
    struct pollfd fds[3] = {{BERTH_FD_LISTENER, POLLIN, 0}, {connection, POLLIN, 0}, {descriptor, POLLIN, 0}};
    for (;; fds[1].fd = connection) {
        if (stop_wanted) container_kill(&started);
        else if (l->waits && !held) berth_launch_go(l, NULL);
        if (poll(fds, 3, -1) <= 0) continue;
        if (fds[2].revents) return;
        hear(fds);
    }
}

// Starting

enum condition { UNMET, MET, NEVER_MET };

static enum condition condition_of(const struct container *c) {
    const struct berth_dependency *d = (const void *)plan_text(c->plan->dependencies);
    enum condition all = MET;
    for (uint32_t i = 0; i < c->plan->dependency_count; i++) {
        const struct berth_container_record *on = &containers[d[i].container].record;
        int ended = on->state == BERTH_EXITED;
        int succeeded = ended && on->code == CLD_EXITED && on->status == 0;
        int met = d[i].condition == BERTH_CONDITION_START ? on->started.realtime != 0
            : d[i].condition == BERTH_CONDITION_COMPLETE  ? ended
                                                          : succeeded;
        if (!met && on->state >= BERTH_EXITED) return NEVER_MET;
        if (!met) all = UNMET;
    }
    return all;
}

static int start_ready(void) {
    int changed = 0;
    for (uint32_t i = 0; i < current_plan->container_count; i++) {
        struct container *c = &containers[i];
        if (c->record.state != BERTH_WAITING) continue;
        enum condition condition = stop_wanted ? NEVER_MET : condition_of(c);
        if (condition == UNMET) continue;
        changed = 1;
        if (condition == NEVER_MET) {
            end_container(c, BERTH_NEVER);
        } else if (container_start(c)) {
            // One that a stop killed in its start has not failed.
            int killed = stop_wanted && c->record.failure.error == EPIPE;
            c->record.exited = moment_now();
            end_container(c, killed ? BERTH_NEVER : BERTH_FAILED);
            if (!killed) tell(BERTH_EVENT_FAILED, i);
        } else {
            c->record.started = moment_now();
            c->record.state = BERTH_RUNNING;
            tell(BERTH_EVENT_STARTED, i);
        }
    }
    return changed;
}

// Stopping

static int is_needed(uint32_t index) {
    for (uint32_t i = 0; i < current_plan->container_count; i++) {
        const struct berth_dependency *d = (const void *)plan_text(containers[i].plan->dependencies);
        if (is_over(&containers[i])) continue;
        for (uint32_t k = 0; k < containers[i].plan->dependency_count; k++)
            if (d[k].container == index) return 1;
    }
    return 0;
}

// In reverse order of dependency: what others depend on is stopped after them.
static void stop_running(void) {
    for (uint32_t i = 0; i < current_plan->container_count; i++) {
        struct container *c = &containers[i];
        uint64_t now = moment_now().boottime;
        if (c->record.state != BERTH_RUNNING) continue;
        if (c->stopping == 0 && !is_needed(i)) {
            send_signal(c->process, c->plan->stop_signal);
            c->stopping = 1;
            c->deadline = now + c->plan->stop_timeout;
        } else if (c->stopping == 1 && now >= c->deadline) {
            container_kill(c);
            c->stopping = 2;
        }
    }
}

// Watching

static int is_populated(const struct container *c) {
    const char *key = "populated ";
    char content[64];
    ssize_t n = pread(c->events, content, sizeof content, 0), matched = 0;
    for (ssize_t i = 0; i < n; i++)
        if (matched == 10) return content[i] != '0';
        else matched = content[i] == '\n' ? 0 : matched >= 0 && content[i] == key[matched] ? matched + 1 : -1;
    return n >= 0;
}

static void main_process_exited(struct container *c) {
    siginfo_t info;
    if (waitid(P_PIDFD, (id_t)c->process, &info, WEXITED | __WALL)) return;
    c->record.exited = moment_now();
    c->record.code = info.si_code;
    c->record.status = info.si_status;
    c->record.state = BERTH_ENDING;
    close_all(&c->process, 1);
    // Mostly it was the last one.
    if (is_populated(c)) container_kill(c);
}

// Only when no process is left are its output and its counters complete.
static void finish_if_empty(uint32_t index) {
    struct container *c = &containers[index];
    if (c->record.state != BERTH_ENDING || is_populated(c)) return;
    for (int s = 0; s < 2; s++) {
        // A pipe holds 1 MiB at most (pipe(7)), and no writer is left; the bound is against one that was passed on.
        if (c->output[s] < 0) continue;
        for (int i = 0; i < 4096 && output_copy(c, s) == OUTPUT_COPIED; i++) continue;
        close_all(&c->output[s], 1);
    }
    close_all(&c->input, 1);
    close_all(&c->log, 1);
    end_container(c, BERTH_EXITED);
    tell(BERTH_EVENT_EXITED, index);
}

static int wait_time(void) {
    uint64_t now = moment_now().boottime, next = UINT64_MAX;
    for (uint32_t i = 0; i < current_plan->container_count; i++)
        if (containers[i].record.state == BERTH_RUNNING && containers[i].stopping == 1 && containers[i].deadline < next)
            next = containers[i].deadline;
    if (next == UINT64_MAX) return -1;
    uint64_t milliseconds = next <= now ? 0 : (next - now) / 1000000 + 1;
    return milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
}

static void watch(void) {
    struct pollfd fds[2 + 4 * BERTH_MAX_CONTAINERS];
    nfds_t n = 0;
    fds[n++] = (struct pollfd){BERTH_FD_LISTENER, POLLIN, 0};
    fds[n++] = (struct pollfd){connection, POLLIN, 0};
    for (uint32_t i = 0; i < current_plan->container_count; i++) {
        const struct container *c = &containers[i];
        int live = c->record.state == BERTH_RUNNING || c->record.state == BERTH_ENDING;
        fds[n++] = (struct pollfd){live ? c->process : -1, POLLIN, 0};
        fds[n++] = (struct pollfd){c->record.state == BERTH_ENDING ? c->events : -1, POLLPRI, 0};
        for (int s = 0; s < 2; s++) fds[n++] = (struct pollfd){live ? c->output[s] : -1, POLLIN, 0};
    }
    if (poll(fds, n, wait_time()) <= 0) return;
    hear(fds);
    for (uint32_t i = 0; i < current_plan->container_count; i++) {
        struct container *c = &containers[i];
        const struct pollfd *f = &fds[2 + 4 * i];
        for (int s = 0; s < 2; s++)
            if (f[2 + s].revents && output_copy(c, s) == OUTPUT_OVER) close_all(&c->output[s], 1);
        if (f[0].revents) main_process_exited(c);
        finish_if_empty(i);
    }
}

static int all_over(void) {
    for (uint32_t i = 0; i < current_plan->container_count; i++)
        if (!is_over(&containers[i])) return 0;
    return 1;
}

// The kernel may hold an empty cgroup for a moment after its last process is gone.
static void remove_cgroups(void) {
    for (char *const *path = plan_list(current_plan->removals); *path; path++)
        for (int i = 0; i < 100 && rmdir(*path) && errno == EBUSY; i++) poll(NULL, 0, 2);
}

static int run_task(void) {
    held = current_plan->flags & BERTH_PLAN_HELD;
    int directory = open(plan_text(current_plan->directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int record = directory < 0 ? -1 : record_create(directory);
    if (record < 0) return 3;
    if ((current_plan->flags & BERTH_PLAN_NETWORK) && (setns(BERTH_FD_NETWORK, CLONE_NEWNET) || close(BERTH_FD_NETWORK))) return 3;
    const struct berth_container *plans = (const void *)plan_text(current_plan->containers);
    for (uint32_t i = 0; i < current_plan->container_count; i++) {
        if (!plans[i].lifecycle || !plans[i].log) return 2;
        containers[i] = (struct container){
            .plan = &plans[i], .process = -1, .lifecycle = -1, .events = -1, .output = {-1, -1}, .input = -1, .log = -1};
    }
    for (;;) {
        while (start_ready()) continue;
        if (stop_wanted) stop_running();
        if (all_over()) break;
        watch();
    }
    end_holder();
    // The record is all that will be left: on a full disk the shim waits with it, and the counters stay readable.
    struct berth_moment end = moment_now();
    while (record_finish(record, end)) poll(NULL, 0, 1000);
    remove_cgroups();
    finished = 1;
    tell(BERTH_EVENT_FINISHED, 0);
    // What a daemon has committed need not be kept: only a record that nobody takes is worth a write to the disk.
    for (int patience = 5000; !settled; patience = 1000) {
        struct pollfd fds[2] = {{BERTH_FD_LISTENER, POLLIN, 0}, {connection, POLLIN, 0}};
        while (!settled && poll(fds, 2, connection < 0 && patience > 1000 ? 0 : patience) > 0) hear(fds), fds[1].fd = connection;
        if (!settled && record_sync(record) == 0) break;
    }
    return 0;
}

// It may have been started long before there was a task for it: what it works on comes as a message. One that is cloned is its
// maker's child as this one is, and takes a fraction of what a program's start does.
static int take_work(char *title) {
    int came[BERTH_MOST_DESCRIPTORS];
    ssize_t n;
    while ((n = berth_receive(BERTH_FD_WORK, title, BERTH_TITLE, 0, came, BERTH_MOST_DESCRIPTORS)) == 1) {
        int32_t process = (int32_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
        if (process) berth_send(BERTH_FD_WORK, &process, sizeof process, 0, NULL, 0);
        else if (setsid() < 0 || dup3(came[0], BERTH_FD_WORK, O_CLOEXEC) < 0) return -1;
        close(came[0]);
    }
    return n != BERTH_TITLE || came[0] != BERTH_FD_PLAN || close(BERTH_FD_WORK) ? -1 : load_plan();
}

int main(int count, char **arguments) {
    umask(077);
    close(BERTH_FD_EXECUTABLE);
    // Executed by its descriptor, whose number would be its name in ps(1) otherwise.
    if (prctl(PR_SET_NAME, "berth-shim") || count != 2 || text_length(arguments[1]) != BERTH_TITLE || take_work(arguments[1])) return 2;
    return current_plan->flags & BERTH_PLAN_ENTER ? run_program() : run_task();
}
