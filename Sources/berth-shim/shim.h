// berth-shim: carries out one launch plan, watches the task, keeps its record. One per task, static, single-threaded.
#ifndef BERTH_SHIM_H
#define BERTH_SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "berth_launch.h"
#include "berth_text.h"

// A container while its task lives. Descriptors are -1 when not open.
struct container {
    const struct berth_container *plan;
    struct berth_container_record record;
    int process;    // pidfd
    int lifecycle;  // its cgroup v2 directory
    int events;     // its cgroup.events
    int output[2];  // where its stdout and stderr are read; of a terminal, the master alone
    int input;      // the other end of its stdin, when that stays open
    int log;
    int stopping;  // 1: the stop signal is sent, 2: killed
    uint64_t deadline;  // CLOCK_BOOTTIME, when `stopping` is 1
};

extern struct container containers[BERTH_MAX_CONTAINERS];

// start.c: 0, or -1 with the failure in the container's record
int container_start(struct container *c);
void container_kill(const struct container *c);
void send_signal(int process, uint32_t number);
void close_all(int *fds, int count);
void end_holder(void);

// main.c: no program may be executed yet; how a launch waits, while the daemon is still heard; a stop kills what is being launched
extern int held;
void hear_until(struct berth_launch *l, int descriptor);

// enter.c: the whole life of a shim that watches one program in a container which another shim started
int run_program(void);

// moment.c
struct berth_moment moment_now(void);

// output.c
enum output { OUTPUT_OVER, OUTPUT_WAITS, OUTPUT_COPIED };
enum output output_copy(struct container *c, int stream);

// record.c
int record_create(int directory);
int record_finish(int file, struct berth_moment end);
int record_sync(int file);

#endif
