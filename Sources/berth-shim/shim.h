// berth-shim: carries out one launch plan, watches the task, keeps its record. One per task, static, single-threaded.
#ifndef BERTH_SHIM_H
#define BERTH_SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "berth_plan.h"
#include "berth_record.h"

// The plan, checked and with its pointer area turned into pointers.
extern const struct berth_plan *plan;

static inline const char *text(uint32_t offset) { return (const char *)plan + offset; }
static inline char *const *list(uint32_t offset) { return (char *const *)(const void *)text(offset); }

// Detached mounts that the shim makes for a container's first process.
struct mounts {
    int root;
    int devices;
};

// A container while its task lives. Descriptors are -1 when not open.
struct container {
    const struct berth_container *plan;
    struct berth_container_record record;
    int process;    // pidfd
    int lifecycle;  // its cgroup v2 directory
    int events;     // its cgroup.events
    int output[2];  // read ends of stdout and stderr
    int log;
    int stopping;  // 1: the stop signal is sent, 2: killed
    uint64_t deadline;  // CLOCK_BOOTTIME, when `stopping` is 1
};

extern struct container containers[BERTH_MAX_CONTAINERS];

// text.c: the little text that the kernel wants from us, and the time
struct berth_moment moment_now(void);
uint32_t text_length(const char *s);
void text_copy(char *to, const char *from, uint32_t size);
void text_decimal(char *to, uint64_t number);

// start.c: from plan to running program. 0, or -1 with the failure in the container's record.
int container_start(struct container *c);
void container_kill(const struct container *c);
int fail(struct berth_failure *f, uint32_t code, const char *subject);

// host.c, child.c: the operations
int host_operation(const struct berth_operation *o, int user_namespace, struct mounts *m);
int child_operation(const struct berth_operation *o, struct mounts *m, const int output[2]);

// path.c: paths inside a root file system that an image had a hand in
// (`resolve`: RESOLVE_ flags of openat2(2) beside RESOLVE_IN_ROOT)
int open_in_root(int root, const char *path, uint64_t flags, uint64_t resolve);
int make_directories(int root, const char *path, uint64_t resolve);

// output.c
enum output { OUTPUT_OVER, OUTPUT_WAITS, OUTPUT_COPIED };
enum output output_copy(struct container *c, int stream);

// record.c
int record_create(int directory);
int record_finish(int file, struct berth_moment end);

#endif
