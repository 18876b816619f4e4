#include "berth_seal.h"

#include <string.h>

#include "berth_launch.h"

// Before main, and before the start of Swift's runtime, which would else be paid for twice. A word that only looks like
// such a command costs the time of one exec; what this misses, main seals.
static void seal(int count, char *arguments[]) {
    for (int i = 1; i < count; i++)
        if (!strcmp(arguments[i], "run") || !strcmp(arguments[i], "create") || !strcmp(arguments[i], "exec"))
            berth_run_sealed(arguments);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char *[]) = seal;
