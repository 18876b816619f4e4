// What the shim says of its task: events over its socket, and one record.
#ifndef BERTH_RECORD_H
#define BERTH_RECORD_H

#include <stdint.h>

#define BERTH_RECORD_MAGIC 0x43455242u
#define BERTH_RECORD_VERSION 1u
#define BERTH_RECORD_LIMIT (256u * 1024u)
#define BERTH_COUNTER_LIMIT 16384u
#define BERTH_SUBJECT_LIMIT 224u

struct berth_moment {
    uint64_t realtime;  // nanoseconds since 1970
    uint64_t boottime;  // nanoseconds since boot
};

enum {
    BERTH_EVENT_STARTED = 1,
    BERTH_EVENT_FAILED = 2,
    BERTH_EVENT_EXITED = 3,
    BERTH_EVENT_FINISHED = 4,
    BERTH_EVENT_TAKEN = 5,  // the last on its connection: another daemon has connected, and is told from here on
};

// Steps that can fail beside those of the plan.
enum {
    BERTH_STEP_CGROUP = 96,  // open or join its cgroup
    BERTH_STEP_CLONE = 97,
    BERTH_STEP_MAP_IDS = 98,
    BERTH_STEP_LOG = 99,
    BERTH_STEP_PIPE = 100,
    BERTH_STEP_NAMESPACE = 101,  // enter a namespace that exists
};

// A step that failed. The shim makes no text of its own: the daemon does.
struct berth_failure {
    uint32_t code;  // of the operation, or a BERTH_STEP
    int32_t error;  // errno
    char subject[BERTH_SUBJECT_LIMIT];  // the operation's own text: a path, a name; NUL-terminated
};

enum { BERTH_WAITING = 0, BERTH_RUNNING = 1, BERTH_ENDING = 2, BERTH_EXITED = 3, BERTH_FAILED = 4, BERTH_NEVER = 5 };

struct berth_container_record {
    uint32_t state;
    int32_t code;    // si_code of waitid: CLD_EXITED, CLD_KILLED, CLD_DUMPED
    int32_t status;  // exit code or signal
    uint32_t lost_output;  // bytes of output that could not be stored, saturated
    struct berth_moment started;
    struct berth_moment exited;
    struct berth_failure failure;
};

struct berth_event {
    uint32_t type;
    uint32_t container;
    struct berth_container_record record;
};

// With BERTH_EVENT_STARTED comes a descriptor: of a task, the container's first process (pidfd), if it lives; of a program
// that entered a container, the master of its terminal, if it has one.

// What a shim is asked.
enum {
    BERTH_REQUEST_STOP = 1,     // all containers of the task
    BERTH_REQUEST_SIGNAL = 2,   // signal `number` to the program that entered a container
    BERTH_REQUEST_GIVE_UP = 3,  // container `number` is not to start any more, if it still waits
    BERTH_REQUEST_SETTLED = 4,  // the end is committed: the record is not needed any more
    BERTH_REQUEST_RELEASE = 5,  // what was held (BERTH_PLAN_HELD) may go on
};

struct berth_request {
    uint32_t type;
    uint32_t number;
};

// The record's file: this header, a container record each, then a berth_record_counter and its bytes each, padded to 8.
// It exists from the moment the shim has begun; `finished` is 0 until all is over.
struct berth_record {
    uint32_t magic;
    uint32_t version;
    uint64_t checksum;  // FNV-1a 64 of all that follows this member
    uint32_t size;      // bytes in all
    uint32_t finished;
    uint32_t container_count;
    uint32_t counter_count;
    struct berth_moment end;
};

struct berth_record_counter {
    char name[56];
    int32_t container;
    uint32_t length;
};

// Before each piece of output in a log file.
struct berth_log_frame {
    uint64_t realtime;
    uint32_t length;
    uint8_t stream;  // 1 stdout, 2 stderr
    uint8_t reserved[3];
};

#endif
