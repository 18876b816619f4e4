// The launch plan: what Berth compiles and what CBerthLaunch carries out. One flat buffer, for the shim in a sealed memfd.
//
// Numbers are native-endian. A text is the offset of a NUL-terminated string; 0 means none. The buffer's last byte is NUL,
// so every text ends inside it. A list is the offset of 64-bit text offsets that end with 0 and lie in the pointer area;
// loading turns the area into real pointers in place, so that a list is an argv. Everything is checked once, by
// berth_plan_check, before any of it is used (CVE-2021-43784 was an unchecked length in such a message).
#ifndef BERTH_PLAN_H
#define BERTH_PLAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>  // the numbers of BERTH_CHILD_CALL

#define BERTH_PLAN_MAGIC 0x4e4c5042u
#define BERTH_PLAN_VERSION 2u
#define BERTH_MAX_CONTAINERS 16u
#define BERTH_MAX_SOURCES 256u
#define BERTH_SOURCE_MOUNTED UINT64_MAX
#define BERTH_HOOK_SECONDS 2000000u    // what poll(2) can wait, in milliseconds, is a little more
#define BERTH_NAMESPACES 0x7e020080u    // every CLONE_NEW flag of sched.h

// Where a program is searched whose environment has no PATH: what Docker sets when nobody does.
#define BERTH_USUAL_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// File descriptors of a shim.
enum {
    BERTH_FD_WORK = 3,        // a socket, by which the others come
    BERTH_FD_EXECUTABLE = 4,  // of one that is spawned; closed before they do
    // They come in this order:
    BERTH_FD_PLAN = 4,
    BERTH_FD_LISTENER = 5,  // or the daemon's connection
    // For a task:
    BERTH_FD_MOUNTS = 6,    // an empty mount namespace, that its containers' are copies of
    BERTH_FD_NETWORK = 7,   // with BERTH_PLAN_NETWORK: a network namespace
    BERTH_FD_SYSFS = 8,     // and its sysfs, mounted nowhere
    // For a plan that enters a container:
    BERTH_FD_TARGET = 6,  // the container's first process, as a pidfd
    BERTH_FD_STDIO = 7,   // three, unless the program gets a terminal
    BERTH_FD_END = 10,
};

// Bytes of the message that they come with: what ps(1) shows as the shim's argument, filled up with zeros. A message of one byte
// asks for a clone of the shim: with it comes the clone's own BERTH_FD_WORK, and its process id, 4 bytes, is the answer.
#define BERTH_TITLE 32

// One step. What number, text and list mean stands beside each code.
struct berth_operation {
    uint32_t code;
    uint32_t list;
    uint64_t number[6];
    uint32_t text[3];
    uint32_t reserved;
};

// Steps of the shim, as host root, for a container whose namespaces exist. They make or take detached mounts.
enum {
    BERTH_HOST_OVERLAY = 1,  // text[0] layers' parent; list: layer names, topmost first; text[1] directory of upper and work;
                             // number[0] 1: give layers by descriptor (Linux 6.13), 0: by path
    BERTH_HOST_DEVICES = 2,  // text[0] size of /dev, with /dev/shm in it, as tmpfs understands it
    BERTH_HOST_SYSFS = 3,    // of the shim's network namespace: the one that came with it, if it did
};

// What they made, by its place in an array of descriptors that are -1 where there is none; none stands before another. The last
// is no step's: every container of a task has one.
enum { BERTH_MOUNT_ROOT, BERTH_MOUNT_DEVICES, BERTH_MOUNT_SYSFS, BERTH_MOUNT_PROCFS, BERTH_MOUNTS };

// Steps of the container's first process, in order, from clone3 to execve. A mount's numbers: [0] MOUNT_ATTR_ to set,
// [1] to clear, [2] propagation, [3] RESOLVE_ flags for its target beside RESOLVE_IN_ROOT.
enum {
    BERTH_CHILD_ROOT = 32,         // text[0] where the root file system is attached, in this namespace only; text[1] the
                                   // directory that is the root file system, unless a host step made it;
                                   // number[0] propagation of all there is (MS_), [1] 1: a cgroup namespace too,
                                   // [2] 1: there is no mount namespace of its own
    BERTH_CHILD_SOURCE = 33,       // text[0] a host path to bind later; number[0] 1: with all mounted below it. For a task the
                                   // shim opens it
    BERTH_CHILD_BECOME_ROOT = 34,  // number[0] 1: additional groups stay as they are
    BERTH_CHILD_MOUNT = 35,        // text[0] file system type, text[1] target; list: options in pairs
    BERTH_CHILD_BIND = 36,         // text[1] target; number[4] which source, or BERTH_SOURCE_MOUNTED for what is mounted
                                   // there already; [5] 1: attributes for all below too, 2: the target's last part is no
                                   // link: one that the image has there makes way for a file
    BERTH_CHILD_ATTACH = 37,       // number[0] which BERTH_MOUNT of the host steps, but its root; text[0] target
    BERTH_CHILD_DEVICE = 38,       // text[0] path; number[0] mode with type, [1] major, [2] minor, [3] uid, [4] gid
    BERTH_CHILD_LINK = 39,         // text[0] what a symbolic link says, text[1] its path
    BERTH_CHILD_MASK = 40,         // list: paths hidden behind an empty file or directory; a missing one is fine; text[0] a
                                   // directory of the root file system that is empty, to hide others behind: every file
                                   // system of a task's own makes the end of all tasks' memory cgroups dearer
    BERTH_CHILD_RESTRICT = 41,     // list: paths that become mounts of their own, inert, with all below them; a missing one
                                   // is fine; number[0] MOUNT_ATTR_ to set beside
    BERTH_CHILD_SYSCTL = 42,       // text[0] its name; list: pairs of path below /proc/sys and value
    BERTH_CHILD_TERMINAL = 43,     // number[0] rows, [1] columns; [2] 1: on /dev/console too
    BERTH_CHILD_HOOK = 44,         // text[1] a program to run, list: its arguments, text[0] its environment's list;
                                   // number[0] seconds it has, 0 for no end
    BERTH_CHILD_PIVOT = 45,        // the root file system becomes the root, the host's is detached;
                                   // number[0] 1: by chroot, which leaves below it what is there: of a task nothing
    BERTH_CHILD_PROPAGATION = 46,  // number[0] propagation of the root (MS_)
    BERTH_CHILD_READ_ONLY_ROOT = 47,
    BERTH_CHILD_NAME = 48,         // text[0]; number[0] 0: host name, 1: domain name
    BERTH_CHILD_LOOPBACK = 49,     // brings `lo` up
    BERTH_CHILD_LIMIT = 50,        // number[0] RLIMIT_ resource, [1] soft, [2] hard; [3] 1: as far as the host allows;
                                   // text[0] its name
    BERTH_CHILD_CALL = 51,         // number[0] a system call among those that berth_plan_check lets pass, [1]–[3] its
                                   // arguments; text[0] what it is about
    BERTH_CHILD_STDIO = 52,        // standard input, output and error; every other descriptor closes at exec
    BERTH_CHILD_DIRECTORY = 53,    // text[0] working directory, made when missing
    BERTH_CHILD_BOUNDING = 54,     // number[0] the capabilities that stay in the bounding set
    BERTH_CHILD_USER = 55,         // number[0] uid, [1] gid, [2] 1: additional groups stay as they are; text[0] array of
                                   // uint32_t: count, then additional gids
    BERTH_CHILD_CAPABILITIES = 56, // number[0] effective, [1] permitted, [2] inheritable, [3] ambient
    BERTH_CHILD_NO_NEW_PRIVILEGES = 57,
    BERTH_CHILD_SECCOMP = 58,      // text[0] BPF instructions, number[0] their count, [1] SECCOMP_FILTER_FLAG_
    BERTH_CHILD_GATE = 59,         // waits until somebody connects to the gate, who is told the rest
    BERTH_CHILD_INIT = 60,         // the program runs as a child; this process reaps and forwards signals
    BERTH_CHILD_EXECUTE = 61,      // list: arguments; text[0] the environment's list, text[1] that of the paths to try;
                                   // number[0] 1: one that leads through no directory is missing like any other
};

enum { BERTH_CONDITION_START = 1, BERTH_CONDITION_COMPLETE = 2, BERTH_CONDITION_SUCCESS = 3 };

struct berth_dependency {
    uint32_t container;
    uint32_t condition;
};

enum {
    BERTH_CONTAINER_ESSENTIAL = 1,  // its end is the task's end
    BERTH_CONTAINER_TERMINAL = 2,   // what it prints comes from a terminal
    BERTH_CONTAINER_INPUT = 4,      // its standard input is a pipe that stays open
};

struct berth_container {
    uint32_t lifecycle;   // text: its cgroup v2 directory; 0: it stays where it is
    uint32_t joins;       // list: v1 `tasks` files to write 0 into
    uint32_t score;       // text: its oom_score_adj, as far as it may be set; 0: as it is
    uint32_t log;         // text: the file that gets its output, framed; 0: none
    uint32_t namespaces;  // CLONE_NEW flags: the namespaces that are made for it
    uint32_t preserved;   // descriptors from 3 on that the program inherits
    uint32_t flags;       // BERTH_CONTAINER_
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

enum {
    BERTH_PLAN_ENTER = 1,            // one program in a container that runs already
    BERTH_PLAN_SHARE_PROCESSES = 2,  // all containers see each other's processes
    BERTH_PLAN_DENY_SETGROUPS = 4,   // what a user without privileges must do to map its group
    BERTH_PLAN_NETWORK = 8,          // the containers are in a network namespace that exists
    BERTH_PLAN_HELD = 16,            // no program is executed before BERTH_REQUEST_RELEASE
};

struct berth_plan {
    uint32_t magic;
    uint32_t version;
    uint64_t size;
    uint32_t directory;  // text: the task's directory
    uint32_t uid_map;    // text; 0: no user namespace
    uint32_t gid_map;    // text
    uint32_t flags;      // BERTH_PLAN_
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
