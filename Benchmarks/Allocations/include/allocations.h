#ifndef BERTH_ALLOCATIONS_H
#define BERTH_ALLOCATIONS_H

/// How many blocks of memory this process has taken so far, all threads together; a block that was resized counts again.
unsigned long allocations_count(void);

#endif
