#include "shim.h"

#include <sys/uio.h>

// One read becomes one frame: a program that prints faster than the disk takes must not keep the shim from everything
// else. What cannot be stored (a full disk) is counted and does not stop the task.
enum output output_copy(struct container *c, int stream) {
    static char buffer[65536];
    ssize_t n = read(c->output[stream], buffer, sizeof buffer);
    if (n < 0) return errno == EAGAIN || errno == EINTR ? OUTPUT_WAITS : OUTPUT_OVER;
    if (n == 0) return OUTPUT_OVER;
    struct berth_log_frame frame = {moment_now().realtime, (uint32_t)n, (uint8_t)(stream + 1), {0}};
    struct iovec parts[2] = {{&frame, sizeof frame}, {buffer, (size_t)n}};
    off_t before = lseek(c->log, 0, SEEK_END);
    if (writev(c->log, parts, 2) == (ssize_t)sizeof frame + n) return OUTPUT_COPIED;
    // Never half a frame: a reader could not find the next one.
    (void)!ftruncate(c->log, before);
    uint64_t lost = (uint64_t)c->record.lost_output + (uint64_t)n;
    c->record.lost_output = lost > UINT32_MAX ? UINT32_MAX : (uint32_t)lost;
    return OUTPUT_COPIED;
}
