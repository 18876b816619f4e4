// Programs that the tests run inside tasks to break out of them. One static executable; the first argument chooses.
#ifndef ATTACKER_H
#define ATTACKER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Prints `name: ok` when `result` is not negative, else `name: EPERM` and the like.
void report(const char *name, long result);

// Whether a path can be opened; the descriptor is closed again. -1 and errno when not.
int can_open(const char *path, int flags);

// Calls `visit` for each entry below `directory` that is no link and no other file system; `.` and `..` are left out.
void walk(const char *directory, void (*visit)(const char *path, unsigned char type));

// view.c …: all that a process can see, a line each
void view_process(char **namespaces_of_host);
void view_limits(void);
void view_mounts(void);
void view_devices(void);
void view_kernel_files(void);
void view_sockets(void);
void view_neighbours(void);

// calls.c: makes the system calls that no task may make
int attack_calls(char **arguments);
// foreign.c: calls of other architectures
int attack_foreign_calls(char **arguments);
// cgroups.c: the steps of known escapes by control groups
int attack_cgroups(char **arguments);
// processes.c: opens every process's executable for writing, again and again
int attack_executables(char **arguments);
// traces every process it sees, again and again
int attack_trace(char **arguments);
// sockets.c: opens sockets that would let it speak for others, or change its network
int attack_sockets(char **arguments);
// roots.c: the ways out of a changed root
int attack_roots(char **arguments);
// what lies beneath the root, for who may take mounts off
int attack_beneath(char **arguments);
// view.c
int attack_view(char **arguments);

#endif
