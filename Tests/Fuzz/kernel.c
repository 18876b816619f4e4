// A kernel that does what the input says. It reads every byte that the real one would be pointed at, so that AddressSanitizer
// sees a text without an end or a count that is too large.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "../../Sources/CBerthLaunch/launch.h"
#include "world.h"

struct world world;

static volatile uint64_t seen;

static void look(const void *bytes, size_t size) {
    const uint8_t *b = bytes;
    for (size_t i = 0; i < size; i++) seen += b[i];
}

static void look_text(const char *s) {
    if (s) look(s, strlen(s));
}

static void look_list(char *const *list) {
    for (; *list; list++) look_text(*list);
}

void kernel_exit(void) { longjmp(world.end, 1); }

// The next byte of the script; it ends a run that goes on and on.
static uint8_t decide(void) {
    if (world.fuel-- <= 0) kernel_exit();
    if (world.script_size == 0) return 0;
    world.script_size--;
    return *world.script++;
}

static int refuse(uint8_t decision) {
    static const int errors[] = {ENOENT, EPERM, EINTR, EAGAIN, EBUSY, ENOTDIR, EINVAL, ENOSPC, EEXIST, ENOSYS, EMFILE, ENOMEM,
                                 EIO, EDQUOT, ENAMETOOLONG, ECONNABORTED};
    errno = errors[decision & 15];
    return -1;
}

int kernel_plain(void) {
    uint8_t d = decide();
    return d == 0 ? 0 : refuse(d);
}

int kernel_descriptor(void) {
    uint8_t d = decide();
    return d == 0 ? world.next_descriptor++ : refuse(d);
}

int kernel_path(const char *path) { return look_text(path), kernel_plain(); }
int kernel_two_paths(const char *path, const char *other) { return look_text(path), look_text(other), kernel_plain(); }
int kernel_open(const char *path) { return look_text(path), kernel_descriptor(); }
int kernel_bytes(const void *bytes, size_t size) { return look(bytes, size), kernel_plain(); }

int kernel_option(unsigned int command, const char *key, const char *value) {
    look_text(key);
    if (command == FSCONFIG_SET_STRING) look_text(value);
    return kernel_plain();
}

int kernel_mount(const char *source, const char *target, const char *type, const char *data) {
    look_text(source);
    look_text(target);
    look_text(type);
    look_text(data);
    return kernel_plain();
}

// Files

ssize_t kernel_read(void *bytes, size_t size) {
    static const char empty_cgroup[] = "populated 0\nfrozen 0\n";
    uint8_t d = decide();
    size_t n = d == 0 ? sizeof empty_cgroup - 1 : d & 0x7f;
    if (d & 0x80) return refuse(d);
    if (n > size) n = size;
    for (size_t i = 0; i < n; i++) ((char *)bytes)[i] = d == 0 ? empty_cgroup[i] : (char)decide();
    // Once for each file: a reader that goes on finds its end.
    return d == 0 && world.fuel & 1 ? 0 : (ssize_t)n;
}

ssize_t kernel_write(const void *bytes, size_t size) {
    look(bytes, size);
    uint8_t d = decide();
    if (d & 0x80) return refuse(d);
    return d == 0 || d > size ? (ssize_t)size : (ssize_t)d;
}

ssize_t kernel_write_parts(const struct iovec *parts, int count) {
    ssize_t n = 0;
    for (int i = 0; i < count; i++) n += kernel_write(parts[i].iov_base, parts[i].iov_len);
    return n;
}

int kernel_status(int descriptor, struct stat *status) {
    *status = (struct stat){.st_size = (off_t)world.plan_size, .st_mode = S_IFCHR | 0666, .st_rdev = makedev(1, 3)};
    if (descriptor == BERTH_FD_PLAN) return 0;
    uint8_t d = decide();
    if (d & 1) status->st_mode = S_IFDIR | 0755;
    if (d & 2) status->st_mode = S_IFIFO | 0600;
    if (d & 4) status->st_rdev = makedev(1, 5);
    return d & 0x80 ? refuse(d) : 0;
}

void *kernel_map(void) { return world.plan; }

int kernel_control(unsigned long request) { return request == TIOCGPTPEER ? kernel_descriptor() : kernel_plain(); }

int kernel_flags(int descriptor, int command) {
    (void)descriptor;
    return command == F_DUPFD_CLOEXEC ? kernel_descriptor() : kernel_plain();
}

int kernel_copy(int descriptor, int number) {
    (void)descriptor;
    return kernel_plain() ? -1 : number;
}

int kernel_two_descriptors(int descriptors[2]) {
    descriptors[0] = kernel_descriptor();
    descriptors[1] = descriptors[0] < 0 ? -1 : kernel_descriptor();
    return descriptors[1] < 0 ? -1 : 0;
}

// Talk

// What a launched process says, when the script has nothing of its own: the procfs of a new container, that its program is about
// to begin, then its end.
static ssize_t usual_message(void *bytes, size_t size, int is_helper) {
    if (size != sizeof(struct message)) {
        memset(bytes, 0, size);
        return (ssize_t)size;
    }
    int enters = (current_plan->flags & BERTH_PLAN_ENTER) != 0, turn = world.messages++ % (enters ? 2 : 3) + enters;
    if (turn == 2) return 0;
    struct message m = {.says = is_helper ? SAYS_CLONED : turn == 0 ? SAYS_PROCFS : SAYS_READY, .process = 1234};
    memcpy(bytes, &m, sizeof m);
    return sizeof m;
}

static ssize_t receive(void *bytes, size_t size, int is_helper) {
    uint8_t d = decide();
    if (d == 0) return usual_message(bytes, size, is_helper);
    if (d & 0x80) return refuse(d);
    if (d & 0x40) return 0;
    size_t n = d & 0x20 ? size / 2 : size;
    for (size_t i = 0; i < n; i++) ((char *)bytes)[i] = i < 8 || i >= size - 8 ? (char)decide() : 'x';
    return (ssize_t)n;
}

ssize_t kernel_receive(int flags, void *bytes, size_t size) {
    // The daemon says nothing unless the script does.
    if (flags & MSG_DONTWAIT && world.script_size == 0) return refuse(3);
    ssize_t n = receive(bytes, size, 1);
    if (size == sizeof(struct message) && n > 0) world.messages = 0;
    return n;
}

ssize_t kernel_receive_message(struct msghdr *message) {
    ssize_t n = receive(message->msg_iov[0].iov_base, message->msg_iov[0].iov_len, 0);
    if (n <= 0) return message->msg_controllen = 0, n;
    size_t room = message->msg_controllen < CMSG_LEN(0) ? 0 : (message->msg_controllen - CMSG_LEN(0)) / sizeof(int);
    size_t count = (decide() + 2u) % 3;
    if (count > room) count = room;
    message->msg_controllen = count ? CMSG_LEN(count * sizeof(int)) : 0;
    struct cmsghdr *control = message->msg_control;
    if (count) *control = (struct cmsghdr){message->msg_controllen, SOL_SOCKET, SCM_RIGHTS};
    for (size_t i = 0; i < count; i++) ((int *)(void *)CMSG_DATA(control))[i] = world.next_descriptor++;
    return n;
}

ssize_t kernel_send_message(const struct msghdr *message) {
    size_t n = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        look(message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
        n += message->msg_iov[i].iov_len;
    }
    if (message->msg_control) look(message->msg_control, message->msg_controllen);
    uint8_t d = decide();
    return d == 0 ? (ssize_t)n : refuse(d);
}

// A daemon comes only when the script says so.
int kernel_accept(void) {
    uint8_t d = decide();
    return d & 1 ? world.next_descriptor++ : refuse(3);
}

int kernel_peer(void *bytes, socklen_t *size) {
    struct ucred peer = {.uid = decide() & 1};
    if (*size != sizeof peer) abort();
    memcpy(bytes, &peer, sizeof peer);
    return 0;
}

int kernel_poll(struct pollfd *descriptors, nfds_t count) {
    uint8_t d = decide();
    if (d & 0x80) return refuse(2);
    if (descriptors == NULL) return 0;
    int ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        int happens = d == 0 || decide() & 1;
        // Who asks for nothing is told of an end all the same.
        short event = descriptors[i].events ? descriptors[i].events : POLLHUP;
        descriptors[i].revents = descriptors[i].fd >= 0 && happens ? event : 0;
        ready += descriptors[i].revents != 0;
    }
    return ready;
}

// Processes

int kernel_limit(struct rlimit *now) {
    uint8_t d = decide();
    if (now) *now = (struct rlimit){d, d * 16u};
    return d & 0x80 ? refuse(d) : 0;
}

int kernel_time(struct timespec *now) {
    world.nanoseconds += 1000000u;
    *now = (struct timespec){(time_t)(world.nanoseconds / 1000000000u), (long)(world.nanoseconds % 1000000000u)};
    return 0;
}

int kernel_wait(siginfo_t *info) {
    uint8_t d = decide();
    if (info) {
        *info = (siginfo_t){.si_code = d & 1 ? CLD_KILLED : CLD_EXITED};
        info->si_status = d >> 1;
        info->si_pid = d & 0x40 ? 1234 : 0;
    }
    return d & 0x80 ? refuse(d) : 0;
}

int kernel_signal(siginfo_t *info) {
    *info = (siginfo_t){0};
    return decide() & 63;
}

int kernel_execute(const char *path, char *const *arguments, char *const *environment) {
    look_text(path);
    look_list(arguments);
    look_list(environment);
    uint8_t d = decide();
    if (world.executes && d == 0) kernel_exit();
    return refuse(d);
}

// A new process: the script decides whose life goes on, its maker's or its own.
static long new_process(const struct clone_args *a) {
    uint8_t d = decide();
    if (d & 1) return 0;
    if (d) return refuse(d);
    if (a && a->pidfd) *(int *)(uintptr_t)a->pidfd = world.next_descriptor++;
    return 1234;
}

// The text of a path that getcwd(2) gives: of its root, or from outside.
static long working_directory(char *bytes, size_t size) {
    uint8_t d = decide();
    if (d & 0x80 || size < 32) return refuse(d);
    strcpy(bytes, d & 1 ? "(unreachable)/x" : "/x");
    return (long)strlen(bytes) + 1;
}

long kernel_call(long number, ...) {
    va_list list;
    long a[5];
    va_start(list, number);
    for (int i = 0; i < 5; i++) a[i] = va_arg(list, long);
    va_end(list);
    const void *p[5];
    for (int i = 0; i < 5; i++) p[i] = (const void *)a[i];
    switch (number) {
    case SYS_openat2: return look(p[2], (size_t)a[3]), kernel_open(p[1]);
    case SYS_clone: return new_process(NULL);
    case SYS_clone3: return look(p[0], (size_t)a[1]), new_process(p[0]);
    case SYS_getcwd: return working_directory((char *)a[0], (size_t)a[1]);
    case SYS_pidfd_open: return kernel_descriptor();
    case SYS_pivot_root: return kernel_two_paths(p[0], p[1]);
    case SYS_setgroups: return kernel_bytes(p[1], (uint32_t)a[0] * 4ul);
    case SYS_capset: return kernel_bytes(p[1], 24);
    case SYS_seccomp: return kernel_bytes(((const struct sock_fprog *)p[2])->filter, ((const struct sock_fprog *)p[2])->len * 8ul);
    default: return kernel_plain();
    }
}
