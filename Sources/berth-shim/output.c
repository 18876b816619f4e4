#include "shim.h"

#include <sys/uio.h>

// One piece of output becomes one frame. What cannot be stored (a full disk) is counted and does not stop the task.
int output_copy(struct container *c, int stream) {
    static char buffer[65536];
    for (;;) {
        ssize_t n = read(c->output[stream], buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return 1;
        if (n <= 0) return 0;
        struct berth_log_frame frame = {moment_now().realtime, (uint32_t)n, (uint8_t)(stream + 1), {0}};
        struct iovec parts[2] = {{&frame, sizeof frame}, {buffer, (size_t)n}};
        off_t before = lseek(c->log, 0, SEEK_END);
        ssize_t written = writev(c->log, parts, 2);
        if (written == (ssize_t)sizeof frame + n) {
            if (n < (ssize_t)sizeof buffer) return 1;
            continue;
        }
        // Never half a frame: a reader could not find the next one.
        (void)!ftruncate(c->log, before);
        uint64_t lost = (uint64_t)c->record.lost_output + (uint64_t)n;
        c->record.lost_output = lost > UINT32_MAX ? UINT32_MAX : (uint32_t)lost;
    }
}
