// A further program in a container that runs: entered by one setns, watched until it ends, or until the daemon goes away.
#include "shim.h"

#include <poll.h>
#include <sys/socket.h>

enum { EVERY_NAMESPACE = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP };

static int tell_daemon(const struct berth_event *event, int descriptor) {
    return berth_send(BERTH_FD_LISTENER, event, sizeof *event, MSG_DONTWAIT, &descriptor, descriptor >= 0);
}

static int start(struct berth_launch *l) {
    const char *cgroup = plan_text(l->container->lifecycle);
    if (l->container->lifecycle && (l->cgroup = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        return fail(&l->failure, BERTH_STEP_CGROUP, cgroup);
    return berth_launch_clone(l) || berth_launch_go(l, NULL) || berth_launch_await(l) ? -1 : 0;
}

// Until the descriptor can be read: of a launch how far it is, of the program its end. A daemon that went away takes it along:
// nobody would read what it prints, and in a frozen container a launch would wait for ever.
static void wait_for(struct berth_launch *l, int descriptor) {
    struct pollfd fds[2] = {{descriptor, POLLIN, 0}, {BERTH_FD_LISTENER, POLLIN, 0}};
    int process = l->process >= 0 ? l->process : descriptor;
    struct berth_request request;
    while (poll(fds, 2, -1) < 0 || !fds[0].revents) {
        if (!fds[1].revents) continue;
        ssize_t n = berth_receive(BERTH_FD_LISTENER, &request, sizeof request, MSG_DONTWAIT, NULL, 0);
        if (n == sizeof request) {
            if (request.type == BERTH_REQUEST_SIGNAL) send_signal(process, request.number);
        } else if (n >= 0 || errno != EAGAIN) {
            send_signal(process, SIGKILL);
            fds[1].fd = -1;
        }
    }
}

int run_program(void) {
    const struct berth_container *container = (const void *)plan_text(current_plan->containers);
    int piped = !(container->flags & BERTH_CONTAINER_TERMINAL);
    struct berth_launch l = {.container = container, .cgroup = -1, .mounts = -1, .stdio = {-1, -1, -1}, .gate = -1, .state = -1,
                             .wait = wait_for, .process = -1, .socket = -1, .terminal = -1};
    l.joins[l.join_count++] =
        (struct berth_join){BERTH_FD_TARGET, EVERY_NAMESPACE | (current_plan->uid_map ? CLONE_NEWUSER : 0)};
    for (int i = 0; piped && i < 3; i++) {
        l.stdio[i] = BERTH_FD_STDIO + i;
        // Owned by container root, who hands it to the container's user.
        (void)!fchown(l.stdio[i], current_plan->host_id, current_plan->host_id);
    }
    struct berth_event event = {.type = BERTH_EVENT_STARTED};
    if (start(&l)) {
        event.type = BERTH_EVENT_FAILED;
        event.record.failure = l.failure;
        if (l.process >= 0) send_signal(l.process, SIGKILL);
        return tell_daemon(&event, -1);
    }
    close_all(l.stdio, 3);
    tell_daemon(&event, l.terminal);
    close_all(&l.terminal, 1);
    wait_for(&l, l.process);
    siginfo_t info = {0};
    waitid(P_PIDFD, (id_t)l.process, &info, WEXITED | __WALL);
    event = (struct berth_event){.type = BERTH_EVENT_EXITED};
    event.record.exited = moment_now();
    event.record.code = info.si_code;
    event.record.status = info.si_status;
    return tell_daemon(&event, -1);
}
