// What the kernel alone takes to launch and remove a container like Berth's: one C program that does nothing else.
//
//   cc -O2 -o floor floor.c -lseccomp
//   floor ROOTFS WORK [--runs N] [--pause MS] [--without network|cgroups|filter|overlay]... [--pool]
//
// Each run: cgroups with limits, upper and work directories, one clone3 with every namespace (user too) into its cgroup, ids
// mapped, an overlay, /proc, /dev, /sys, masked paths, a pivot, capabilities, the filter, execve of `true`, its end, and all of
// it removed. Printed: p50 and p99 of the whole and of each step, in microseconds. Root; a cgroup host of either kind.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum step { CGROUPS, DIRECTORIES, CLONE, IDS, OVERLAY, MOUNTS, MASKS, PIVOT, PRIVILEGES, FILTER, EXECUTE, END, REMOVE, STEPS };
static const char *const step_names[STEPS] = {
    "cgroups with limits", "upper and work directories", "clone3 into them", "ids mapped", "overlay", "proc, dev, sys",
    "masked and read-only paths", "pivot_root", "loopback, name, capabilities", "seccomp filter", "execve", "the program, and its end",
    "directories and cgroups removed",
};
static const char *const v1_controllers[] = {"memory", "cpu", "cpuacct", "pids"};
enum { V1_COUNT = 4, MOST_RUNS = 10000, FIRST_ID = 1700000000, INERT = MS_NOSUID | MS_NODEV | MS_NOEXEC };

static struct {
    const char *rootfs, *work;
    int runs, pause, network, cgroups, filter, overlay, pool;
} options = {.runs = 500, .network = 1, .cgroups = 1, .filter = 1, .overlay = 1};

// Shared with the child, which notes when it has done each of its steps.
static uint64_t *moments;
static uint64_t measured[STEPS + 1][MOST_RUNS];
static struct sock_fprog program;
static int unified, pooled[MOST_RUNS], ready[2], go[2];
static char upper[512], scratch[512], merged[512], cgroup[V1_COUNT + 1][512];

static void __attribute__((noreturn)) die(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    _exit(1);
}

#define must(call) do { if ((call) < 0) die(#call); } while (0)

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void done(enum step s) { moments[s] = now(); }

static void put(const char *directory, const char *name, const char *value) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, value, strlen(value)) < 0) die(path);
    close(file);
}

// In a v1 hierarchy that is missing or shares another's folder nothing is made twice.
static void make_cgroups(void) {
    if (!options.cgroups) return;
    must(mkdir(cgroup[V1_COUNT], 0755));
    if (unified) {
        put(cgroup[V1_COUNT], "memory.max", "268435456");
        put(cgroup[V1_COUNT], "cpu.max", "100000 100000");
        put(cgroup[V1_COUNT], "pids.max", "128");
        return;
    }
    for (int i = 0; i < V1_COUNT; i++)
        if (mkdir(cgroup[i], 0755) && errno != EEXIST) die(cgroup[i]);
    put(cgroup[0], "memory.limit_in_bytes", "268435456");
    put(cgroup[1], "cpu.cfs_quota_us", "100000");
    put(cgroup[3], "pids.max", "128");
}

static void remove_cgroups(void) {
    if (!options.cgroups) return;
    must(rmdir(cgroup[V1_COUNT]));
    for (int i = 0; !unified && i < V1_COUNT; i++)
        if (rmdir(cgroup[i]) && errno != ENOENT) die(cgroup[i]);
}

static void remove_directories(void) {
    char path[1024];
    const char *const inside[] = {"work/incompat/volatile", "work/incompat", "work", "index"};
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        snprintf(path, sizeof path, "%s/%s", scratch, inside[i]);
        rmdir(path);
    }
    rmdir(scratch);
    snprintf(path, sizeof path, "rm -rf '%s'", scratch);
    if (access(scratch, F_OK) == 0 && system(path)) die(scratch);
    must(rmdir(upper));
    must(rmdir(merged));
}

static void name_run(int i) {
    snprintf(upper, sizeof upper, "%s/upper-%d", options.work, i);
    snprintf(scratch, sizeof scratch, "%s/work-%d", options.work, i);
    snprintf(merged, sizeof merged, "%s/root-%d", options.work, i);
    for (int k = 0; k < V1_COUNT; k++)
        snprintf(cgroup[k], sizeof cgroup[k], "/sys/fs/cgroup/%s/floor-%d-%d", v1_controllers[k], getpid(), i);
    snprintf(cgroup[V1_COUNT], sizeof cgroup[V1_COUNT], "/sys/fs/cgroup/%sfloor-%d-%d", unified ? "" : "unified/", getpid(), i);
}

static void loopback_up(void) {
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(ioctl(s, SIOCSIFFLAGS, &request));
    close(s);
}

static void mount_overlay(void) {
    char text[2048];
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    snprintf(text, sizeof text, "lowerdir=%s,upperdir=%s,workdir=%s,volatile", options.rootfs, upper, scratch);
    if (options.overlay) must(mount("overlay", merged, "overlay", 0, text));
    else must(mount(options.rootfs, merged, NULL, MS_BIND, NULL));
    must(chdir(merged));
    done(OVERLAY);
}

static void bind_device(const char *name) {
    char here[64], there[64];
    snprintf(here, sizeof here, "/dev/%s", name);
    snprintf(there, sizeof there, "dev/%s", name);
    int file = open(there, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    must(file);
    close(file);
    must(mount(here, there, NULL, MS_BIND, NULL));
}

static void mount_kernel(void) {
    must(mount("proc", "proc", "proc", INERT, NULL));
    must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=65536k"));
    const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) bind_device(devices[i]);
    must(mkdir("dev/pts", 0755));
    must(mkdir("dev/shm", 01777));
    must(mkdir("dev/mqueue", 0755));
    must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"));
    must(mount("shm", "dev/shm", "tmpfs", INERT, "mode=1777,size=65536k"));
    must(mount("mqueue", "dev/mqueue", "mqueue", INERT, NULL));
    if (options.network && !options.pool) must(mount("sysfs", "sys", "sysfs", INERT | MS_RDONLY, NULL));
    done(MOUNTS);
}

static void mask_paths(void) {
    const char *const files[] = {"proc/kcore", "proc/keys", "proc/timer_list"};
    const char *const directories[] = {"proc/acpi", "proc/scsi", "sys/firmware"};
    const char *const read_only[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
    for (int i = 0; i < 3; i++)
        if (mount("dev/null", files[i], NULL, MS_BIND, NULL) && errno != ENOENT) die(files[i]);
    for (int i = 0; i < 3; i++)
        if (mount("tmpfs", directories[i], "tmpfs", MS_RDONLY, "size=0k") && errno != ENOENT) die(directories[i]);
    for (int i = 0; i < 5; i++)
        if (mount(read_only[i], read_only[i], NULL, MS_BIND | MS_REC, NULL) == 0)
            must(mount(NULL, read_only[i], NULL, INERT | MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
    done(MASKS);
}

static void drop_privileges(void) {
    const uint32_t kept = 0xa80425fb;  // Docker's fourteen
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2] = {{kept, kept, 0}};
    if (options.network && !options.pool) loopback_up();
    must(sethostname("task", 4));
    for (int i = 0; i <= 40; i++)
        if (i > 31 || !(kept >> i & 1)) prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    must(syscall(SYS_capset, &header, sets));
    done(PRIVILEGES);
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    if (options.filter) must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
    done(FILTER);
}

static void __attribute__((noreturn)) child(void) {
    char byte;
    done(CLONE);
    // The v1 file says who may, by its opener; writing 0 to `tasks` moves this thread and takes no global lock.
    for (int i = 0; options.cgroups && !unified && i < V1_COUNT; i++) put(cgroup[i], "tasks", "0");
    must(write(ready[1], "", 1));
    if (read(go[0], &byte, 1) != 1) _exit(1);
    must(setresgid(0, 0, 0));
    must(setresuid(0, 0, 0));
    must(unshare(CLONE_NEWCGROUP));
    done(IDS);
    mount_overlay();
    mount_kernel();
    mask_paths();
    must(syscall(SYS_pivot_root, ".", "."));
    must(umount2(".", MNT_DETACH));
    must(chdir("/"));
    done(PIVOT);
    drop_privileges();
    execve("/bin/true", (char *[]){"true", NULL}, (char *[]){"PATH=/bin", NULL});
    die("execve /bin/true");
}

static void map_ids(pid_t process) {
    char path[64], map[64];
    snprintf(path, sizeof path, "/proc/%d", process);
    snprintf(map, sizeof map, "0 %d 65536\n", FIRST_ID);
    put(path, "uid_map", map);
    put(path, "gid_map", map);
}

static uint64_t run(int i) {
    char byte;
    int folder = -1, pidfd = -1, status;
    struct clone_args clone = {.exit_signal = SIGCHLD, .pidfd = (uint64_t)(uintptr_t)&pidfd};
    clone.flags = CLONE_PIDFD | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
    name_run(i);
    uint64_t begin = now();
    make_cgroups();
    done(CGROUPS);
    must(mkdir(upper, 0755));
    must(mkdir(scratch, 0755));
    must(mkdir(merged, 0755));
    must(chown(upper, FIRST_ID, FIRST_ID));
    must(chown(scratch, FIRST_ID, FIRST_ID));
    done(DIRECTORIES);
    if (options.cgroups) {
        must(folder = open(cgroup[V1_COUNT], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        clone.flags |= CLONE_INTO_CGROUP;
        clone.cgroup = (uint64_t)folder;
    }
    if (options.pool) must(setns(pooled[i], CLONE_NEWNET));
    else if (options.network) clone.flags |= CLONE_NEWNET;
    must(pipe2(ready, O_CLOEXEC));
    must(pipe2(go, O_CLOEXEC));
    long process = syscall(SYS_clone3, &clone, sizeof clone);
    if (process == 0) child();
    if (process < 0) die("clone3");
    if (read(ready[0], &byte, 1) != 1) die("the child has not begun");
    map_ids((pid_t)process);
    must(write(go[1], "", 1));
    // Execution closes the child's end.
    close(ready[1]);
    if (read(ready[0], &byte, 1) < 0) die("read");
    done(EXECUTE);
    if (waitpid((pid_t)process, &status, 0) < 0 || status != 0) die("the program failed");
    done(END);
    close(ready[0]);
    close(go[0]);
    close(go[1]);
    close(pidfd);
    if (folder >= 0) close(folder);
    if (options.pool) close(pooled[i]);
    remove_directories();
    remove_cgroups();
    done(REMOVE);
    return begin;
}

static void compile_filter(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    const char *const refused[] = {"add_key", "bpf", "clock_settime", "delete_module", "finit_module", "init_module", "kexec_load",
                                   "keyctl", "mount", "move_mount", "open_tree", "perf_event_open", "pivot_root", "ptrace", "quotactl",
                                   "reboot", "request_key", "setns", "swapoff", "swapon", "umount2", "unshare", "userfaultfd"};
    if (!filter) die("seccomp_init");
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), seccomp_syscall_resolve_name(refused[i]), 0)) die(refused[i]);
    int file = memfd_create("filter", MFD_CLOEXEC);
    if (file < 0 || seccomp_export_bpf(filter, file)) die("seccomp_export_bpf");
    off_t size = lseek(file, 0, SEEK_END);
    program.len = (unsigned short)((size_t)size / sizeof(struct sock_filter));
    program.filter = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, file, 0);
    if (program.filter == MAP_FAILED) die("mmap");
    seccomp_release(filter);
}

static void fill_pool(void) {
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < options.runs; i++) {
        must(unshare(CLONE_NEWNET));
        loopback_up();
        must(pooled[i] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    }
    must(setns(own, CLONE_NEWNET));
    close(own);
}

static int compare(const void *a, const void *b) {
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void show(const char *name, uint64_t *values) {
    const int n = options.runs;
    qsort(values, (size_t)n, sizeof *values, compare);
    printf("%-32s p50 %8.1f   p99 %8.1f\n", name, (double)values[n / 2] / 1000, (double)values[n * 99 / 100] / 1000);
}

static void read_options(int count, char **words) {
    if (count < 3) errno = EINVAL, die("floor ROOTFS WORK [--runs N] [--pause MS] [--without WHAT]... [--pool]");
    options.rootfs = words[1];
    options.work = words[2];
    for (int i = 3; i < count; i++) {
        const char *value = i + 1 < count ? words[i + 1] : "";
        if (!strcmp(words[i], "--pool")) options.pool = 1;
        else if (!strcmp(words[i], "--runs")) options.runs = atoi(value), i++;
        else if (!strcmp(words[i], "--pause")) options.pause = atoi(value), i++;
        else if (!strcmp(words[i], "--without") && !strcmp(value, "network")) options.network = 0, i++;
        else if (!strcmp(words[i], "--without") && !strcmp(value, "cgroups")) options.cgroups = 0, i++;
        else if (!strcmp(words[i], "--without") && !strcmp(value, "filter")) options.filter = 0, i++;
        else if (!strcmp(words[i], "--without") && !strcmp(value, "overlay")) options.overlay = 0, i++;
        else errno = EINVAL, die(words[i]);
    }
    if (options.runs < 1 || options.runs > MOST_RUNS) errno = ERANGE, die("--runs");
}

int main(int count, char **words) {
    read_options(count, words);
    unified = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
    moments = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (moments == MAP_FAILED) die("mmap");
    if (mkdir(options.work, 0755) && errno != EEXIST) die(options.work);
    compile_filter();
    if (options.pool) fill_pool();
    for (int i = 0; i < options.runs; i++) {
        if (options.pause) usleep((useconds_t)options.pause * 1000);
        uint64_t before = run(i);
        measured[STEPS][i] = moments[REMOVE] - before;
        for (int s = 0; s < STEPS; s++) measured[s][i] = moments[s] - before, before = moments[s];
    }
    printf("%d launches, %d ms pause; microseconds\n", options.runs, options.pause);
    show("the whole", measured[STEPS]);
    for (int s = 0; s < STEPS; s++) show(step_names[s], measured[s]);
    return 0;
}
