// The simulated kernel's side of a run.
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

struct world {
    char *plan;
    size_t plan_size;
    // A byte for each system call: 0, and all after the last, is what usually happens.
    const uint8_t *script;
    size_t script_size;
    // Calls that a run may still make: programs that end on their own terms are another's test.
    int fuel;
    int next_descriptor;
    uint64_t nanoseconds;
    int messages;  // how many a launched process has sent
    int executes;  // 1: execve(2) succeeds, which ends the run
    jmp_buf end;   // where _exit(2) leads
};

extern struct world world;

#endif
