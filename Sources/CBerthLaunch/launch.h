// What the parts of CBerthLaunch share.
#ifndef LAUNCH_H
#define LAUNCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "berth_launch.h"
#include "berth_text.h"

// What a process that is being launched is told: to go on, or to go on as far as its program and wait.
enum { GO_ON, GO_AND_WAIT };
// What it says: a failure, or how far it is.
enum { SAYS_FAILED, SAYS_CLONED, SAYS_PROCFS, SAYS_TERMINAL, SAYS_AT_GATE, SAYS_READY };

struct message {
    uint32_t says;
    uint32_t reserved;
    int64_t process;
    struct berth_failure failure;
};

// The container's first process on its way to its program. Descriptors are -1 when not open.
struct child {
    const struct berth_launch *launch;
    int socket;    // to whoever waits for the program
    int root;      // the root file system
    int mounts[BERTH_MOUNTS];
    int terminal;  // the program's end of its terminal
    const char *subject;  // which path of its list an operation is at, if it has one
};

// mounts.c: what BERTH_CHILD_SOURCE has opened
extern int sources[BERTH_MAX_SOURCES];
extern uint32_t source_count;

// child.c, mounts.c, privileges.c, program.c: the operations
int child_operation(const struct berth_operation *o, struct child *c);
int enter_root(const struct berth_operation *o, struct child *c);
int open_source(const struct berth_operation *o);
int new_mount(const char *type, char *const *options, uint64_t attributes);  // detached; options in pairs
int finish_mount(int fs, uint64_t attributes);  // closes the descriptor of fsopen(2)
int mount_file_system(const struct berth_operation *o, const struct child *c);
int bind_source(const struct berth_operation *o, const struct child *c);
int attach_made(const struct berth_operation *o, const struct child *c);
int make_device(const struct berth_operation *o, const struct child *c);
int make_link(const struct berth_operation *o, const struct child *c);
int mask(const struct berth_operation *o, struct child *c);
int restrict_paths(const struct berth_operation *o, struct child *c);
int pivot(const struct berth_operation *o, const struct child *c);
int make_root_read_only(void);
int become_root(const struct berth_operation *o);
int set_bounding(const struct berth_operation *o);
int set_user(const struct berth_operation *o);
int set_capabilities(const struct berth_operation *o);
int set_seccomp(const struct berth_operation *o);
int open_terminal(const struct berth_operation *o, struct child *c);
int set_stdio(struct child *c);
int run_hook(const struct berth_operation *o, const struct child *c);
int wait_at_gate(struct child *c);
int become_init(struct child *c);
int execute(const struct berth_operation *o);
__attribute__((noreturn)) void reap_forever(int64_t program);
int keep_only(const int *kept, uint32_t count, uint32_t first);
long clone_process(uint64_t flags, uint64_t exit_signal, int cgroup, int *pidfd);
int say(int socket, const struct message *m, int descriptor);

// path.c: paths inside a root file system that an image had a hand in
// (`resolve`: RESOLVE_ flags of openat2(2) beside RESOLVE_IN_ROOT). Each returns a descriptor that names it (O_PATH).
int open_in_root(int root, const char *path, uint64_t flags, uint64_t resolve);
int make_directories(int root, const char *path, uint64_t resolve);
int make_file(int root, const char *path, uint64_t resolve, int instead_of_link);
int make_parent(int root, const char *path, uint64_t resolve, const char **name);

#endif
