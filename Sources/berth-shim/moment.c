#include "shim.h"

#include <time.h>

static uint64_t nanoseconds(struct timespec t) { return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec; }

struct berth_moment moment_now(void) {
    struct timespec real, boot;
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_BOOTTIME, &boot);
    return (struct berth_moment){nanoseconds(real), nanoseconds(boot)};
}
