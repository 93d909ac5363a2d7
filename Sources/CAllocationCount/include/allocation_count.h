// Counts the heap allocations of this process, so that "no allocation per event" and "no leak" can
// be measured and can fail. Linking this target puts a counting malloc in front of the C library's
// own; nothing is preloaded. Under a sanitizer, which needs malloc for itself, and outside glibc
// nothing is counted.
#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

/// Whether allocations are counted in this build.
int allocation_count_is_available(void);

/// Calls of malloc, calloc, realloc, aligned_alloc, posix_memalign and memalign by this thread.
unsigned long long allocation_count_of_thread(void);

/// Counts bytes from now on, which costs all threads an atomic addition per call.
void allocation_count_bytes(void);

/// Bytes allocated less bytes freed since allocation_count_bytes, by all threads. Memory of before
/// that was freed since counts too, so only differences say something.
long long allocation_bytes_in_use(void);

#endif
