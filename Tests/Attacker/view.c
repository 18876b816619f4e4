// All that a process can see of itself.
#include "attacker.h"

#include <dirent.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>

extern char **environ;

int attack_view(char **arguments) {
    view_process(arguments);
    view_limits();
    view_mounts();
    view_devices();
    view_kernel_files();
    view_sockets();
    view_neighbours();
    return 0;
}

// Lines of a file, each behind `name`, its tabs and runs of spaces made one.
static void print_lines(const char *name, const char *path) {
    char line[4096];
    FILE *file = fopen(path, "re");
    if (!file) return report(name, -1);
    while (fgets(line, sizeof line, file)) {
        printf("%s", name);
        for (char *word = strtok(line, " \t\n"); word; word = strtok(NULL, " \t\n")) printf(" %s", word);
        printf("\n");
    }
    fclose(file);
}

static void view_status(void) {
    static const char *const wanted[] = {"Umask:", "State:", "NSpid:", "TracerPid:", "Uid:", "Gid:", "Groups:", "CapInh:",
        "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:", "Seccomp_filters:", "SigBlk:", "SigIgn:",
        "SigCgt:"};
    char line[4096];
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status))
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
            if (!strncmp(line, wanted[i], strlen(wanted[i]))) {
                printf("status");
                for (char *word = strtok(line, " \t\n"); word; word = strtok(NULL, " \t\n")) printf(" %s", word);
                printf("\n");
                break;
            }
    if (status) fclose(status);
}

static void view_descriptors(void) {
    for (int fd = 0; fd < 4096; fd++) {
        char link[64], target[4096];
        int flags = fcntl(fd, F_GETFL);
        if (flags < 0) continue;
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = 0;
        // A pipe's number says nothing.
        if (!strncmp(target, "pipe:", 5)) target[4] = 0;
        printf("descriptor %d %s %s\n", fd, target, (flags & O_ACCMODE) == O_RDONLY ? "read" : (flags & O_ACCMODE) == O_WRONLY ? "write" : "read-write");
    }
}

// Each namespace with whether it is the host's; the host's are the arguments, as readlink(2) tells them.
static void view_namespaces(char **host) {
    DIR *entries = opendir("/proc/self/ns");
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        char path[300], target[64];
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/self/ns/%s", entry->d_name);
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = 0;
        const char *whose = "own";
        for (char **h = host; *h; h++)
            if (!strcmp(*h, target)) whose = "the host's";
        printf("namespace %s %s\n", entry->d_name, whose);
    }
    if (entries) closedir(entries);
}

void view_process(char **namespaces_of_host) {
    char directory[4096];
    struct utsname name;
    view_status();
    view_descriptors();
    view_namespaces(namespaces_of_host);
    print_lines("uid_map", "/proc/self/uid_map");
    print_lines("gid_map", "/proc/self/gid_map");
    print_lines("setgroups", "/proc/self/setgroups");
    print_lines("cgroup", "/proc/self/cgroup");
    print_lines("timens", "/proc/self/timens_offsets");
    print_lines("lsm", "/proc/self/attr/current");
    print_lines("oom_score_adj", "/proc/self/oom_score_adj");
    print_lines("loginuid", "/proc/self/loginuid");
    for (char **variable = environ; *variable; variable++) printf("environment %s\n", *variable);
    printf("directory %s\n", getcwd(directory, sizeof directory) ? directory : "none");
    uname(&name);
    printf("domain %s\n", name.domainname);
    printf("securebits %d\n", prctl(PR_GET_SECUREBITS));
    printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
    printf("parent %d\n", getppid());
    printf("session %d group %d\n", getsid(0), getpgid(0));
    printf("schedule %d nice %d\n", sched_getscheduler(0), getpriority(PRIO_PROCESS, 0));
    report("controlling terminal", can_open("/dev/tty", O_RDWR));
}

void view_limits(void) {
    static const char *const names[] = {"cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as",
        "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"};
    for (unsigned int i = 0; i < sizeof names / sizeof *names; i++) {
        struct rlimit limit;
        if (getrlimit(i, &limit)) continue;
        printf("limit %s %lld %lld\n", names[i], (long long)limit.rlim_cur, (long long)limit.rlim_max);
    }
}
