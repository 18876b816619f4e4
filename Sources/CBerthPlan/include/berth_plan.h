// The launch plan: what the daemon compiles and berth-shim carries out. One flat buffer in a sealed memfd.
//
// Numbers are native-endian. A text is the offset of a NUL-terminated string; 0 means none. The buffer's last byte is NUL,
// so every text ends inside it. A list is the offset of 64-bit text offsets that end with 0 and lie in the pointer area;
// the shim turns the area into real pointers in place, so that a list is an argv. Everything is checked once, by
// berth_plan_check, before any of it is used (CVE-2021-43784 was an unchecked length in such a message).
#ifndef BERTH_PLAN_H
#define BERTH_PLAN_H

#include <stddef.h>
#include <stdint.h>

#define BERTH_PLAN_MAGIC 0x4e4c5042u
#define BERTH_PLAN_VERSION 1u
#define BERTH_MAX_CONTAINERS 16u

// File descriptors that the shim is spawned with.
enum { BERTH_FD_PLAN = 3, BERTH_FD_LISTENER = 4, BERTH_FD_EXECUTABLE = 5 };

// One step. What number, text and list mean stands beside each code.
struct berth_operation {
    uint32_t code;
    uint32_t list;
    uint64_t number[2];
    uint32_t text[3];
    uint32_t reserved;
};

// Steps of the shim, as host root, for a container whose namespaces exist. They make detached mounts.
enum {
    BERTH_HOST_OVERLAY = 1,  // text[0] layers' parent; list: layer names, topmost first; text[1] directory of upper and work;
                             // number[0] 1: give layers by descriptor (Linux 6.13), 0: by path
    BERTH_HOST_DEVICES = 2,  // text[0] size of /dev as tmpfs understands it
};

// Steps of the container's first process, in order, from clone3 to execve.
enum {
    BERTH_CHILD_JOIN = 32,         // list: v1 `tasks` files to write 0 into
    BERTH_CHILD_ROOT = 33,         // text[0] directory that the root file system is attached to, in this namespace only
    BERTH_CHILD_MOUNT = 34,        // text[0] file system type, text[1] target, list: options; number[0] MOUNT_ATTR_ flags
    BERTH_CHILD_DEVICES = 35,      // attaches the /dev that BERTH_HOST_DEVICES made
    BERTH_CHILD_MASK = 36,         // list: paths hidden behind an empty file or directory; a missing one is fine
    BERTH_CHILD_READ_ONLY = 37,    // list: paths made read-only with all below them; a missing one is fine
    BERTH_CHILD_PIVOT = 38,        // the root file system becomes the root, the host's is detached
    BERTH_CHILD_HOSTNAME = 39,     // text[0]
    BERTH_CHILD_LOOPBACK = 40,     // brings `lo` up
    BERTH_CHILD_LIMIT = 41,        // number[0] RLIMIT_ resource, number[1] soft and hard limit, as far as the hard one allows
    BERTH_CHILD_STDIO = 42,        // output pipes become 1 and 2; every other descriptor closes at exec
    BERTH_CHILD_DIRECTORY = 43,    // text[0] working directory, made when missing
    BERTH_CHILD_USER = 44,         // number[0] uid, number[1] gid; text[0] array of uint32_t: count, then additional gids
    BERTH_CHILD_CAPABILITIES = 45, // number[0] what the process holds if it is container root
    BERTH_CHILD_SECCOMP = 46,      // text[0] BPF instructions, number[0] their count; sets no_new_privs first
    BERTH_CHILD_BOUNDING = 48,     // number[0] the capabilities that stay in the bounding set
    BERTH_CHILD_READ_ONLY_ROOT = 49,  // the root file system becomes read-only
    BERTH_CHILD_EXECUTE = 47,      // list: arguments; text[0] the offset of the environment's list
};

enum { BERTH_CONDITION_START = 1, BERTH_CONDITION_COMPLETE = 2, BERTH_CONDITION_SUCCESS = 3 };

struct berth_dependency {
    uint32_t container;
    uint32_t condition;
};

struct berth_container {
    uint32_t lifecycle;  // text: its cgroup v2 directory
    uint32_t log;        // text: the file that gets its output, framed
    uint32_t essential;  // 1: its end is the task's end
    uint32_t stop_signal;
    uint64_t stop_timeout;  // nanoseconds from stop signal to SIGKILL
    uint32_t host_operations;
    uint32_t host_operation_count;
    uint32_t operations;
    uint32_t operation_count;
    uint32_t dependencies;
    uint32_t dependency_count;
};

// A file whose content goes into the record when the task's cgroup is empty.
struct berth_counter {
    uint32_t name;  // text
    uint32_t path;  // text
    int32_t container;  // -1: the task's own
    uint32_t reserved;
};

struct berth_plan {
    uint32_t magic;
    uint32_t version;
    uint64_t size;
    uint32_t directory;  // text: the task's directory
    uint32_t id_map;     // text: content of uid_map and gid_map; 0: no user namespace
    uint32_t removals;   // list: cgroup directories, deepest first
    uint32_t containers;
    uint32_t container_count;
    uint32_t counters;
    uint32_t counter_count;
    uint32_t pointers;  // the pointer area: 64-bit text offsets, 0 ends a list
    uint32_t pointer_count;
    uint32_t host_id;  // the host id of container root; 0 without a user namespace
};

// Whether every offset, count and code of the buffer is sound; `buffer` must be 8-byte aligned.
int berth_plan_check(const void *buffer, size_t size);

#endif
