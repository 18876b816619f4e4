// Starts one program as a plan says: in new namespaces, in those of a container that runs, or both. Used by berth-shim for a
// task's containers, and by berth-oci in its own process. The caller has one thread: after clone3 there are no locks.
#ifndef BERTH_LAUNCH_H
#define BERTH_LAUNCH_H

#include <sys/types.h>

#include "berth_plan.h"
#include "berth_record.h"

#define BERTH_MAX_JOINS 8u

// A namespace to enter: its descriptor and CLONE_NEW type, or a pidfd and all the types to take from that process.
struct berth_join {
    int descriptor;
    int types;
};

struct berth_launch {
    // Set by the caller; -1 for a descriptor it has none of.
    const struct berth_container *container;
    struct berth_join joins[BERTH_MAX_JOINS];
    uint32_t join_count;
    int cgroup;    // its cgroup v2 directory
    int mounts;    // a mount namespace to make a copy of, instead of the caller's own: a task's is empty. The container's steps
                   // find no path of the host's then, and host steps' mounts have a procfs among them
    int stdio[3];  // what the program gets; /dev/null for none
    int gate;      // a listening socket: BERTH_CHILD_GATE waits there
    int state;     // a file that hooks read as their standard input
    // Waits until the descriptor can be read, and does meanwhile what else its caller must; NULL for a caller that only waits.
    // What is being launched can take for ever: it may be frozen, or hang at a file system.
    void (*wait)(struct berth_launch *l, int descriptor);
    const int *held;  // not 0 while the program may not be executed; NULL for one that may at once

    // Set by the calls below; the caller closes the descriptors.
    int process;     // pidfd
    int64_t number;  // its process id
    int socket;      // the connection to it
    int terminal;    // the master of its terminal
    int host;        // the root directory of its maker's, while it is cloned; closed again
    int waits;       // it was told to wait before it executes its program
    struct berth_failure failure;
};

// Makes a checked buffer the plan of this process, with its lists turned into pointers. 0, or -1 when it is unsound.
int berth_plan_load(char *bytes, size_t size);
extern const struct berth_plan *current_plan;

// Each 0, or -1 with `failure` set: makes the process, which waits then; gives it the mounts that host steps made (or NULL), and a
// procfs where `mounts` is a namespace, and lets it go on; waits until its program is executed, or until it waits at its gate. A
// process that has no steps does nothing but hold its namespaces. One that `waits` is let go on once more, without mounts.
int berth_launch_clone(struct berth_launch *l);
int berth_launch_go(struct berth_launch *l, int *mounts);
int berth_launch_await(struct berth_launch *l);

// Runs this program again from a read-only mount of its own file: a container that gets hold of the file of a process which
// enters it cannot open that for writing (CVE-2019-5736). 0 when it is so already, -1 when it cannot be.
int berth_run_sealed(char *const arguments[]);

#define BERTH_MOST_DESCRIPTORS (BERTH_FD_END - BERTH_FD_PLAN)

// One message with up to BERTH_MOST_DESCRIPTORS descriptors. 0 or -1; the count of bytes, and -1 for each descriptor that did not come.
// An end that went with something unread is told once, by ECONNRESET, before what it said last (unix_release_sock,
// net/unix/af_unix.c): that is received all the same, and then the end.
int berth_send(int socket, const void *bytes, size_t size, int flags, const int *descriptors, uint32_t count);
ssize_t berth_receive(int socket, void *bytes, size_t size, int flags, int *descriptors, uint32_t count);

#endif
