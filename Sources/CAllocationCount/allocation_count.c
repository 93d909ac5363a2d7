#include "allocation_count.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define COUNTS 0
#endif
#endif
#ifndef COUNTS
#ifdef __GLIBC__
#define COUNTS 1
#else
#define COUNTS 0
#endif
#endif

// The initial-exec model keeps the counter in the thread's static block: reading it never
// allocates.
static _Thread_local unsigned long long calls __attribute__((tls_model("initial-exec")));

int allocation_count_is_available(void) { return COUNTS; }

unsigned long long allocation_count_of_thread(void) { return calls; }

static atomic_bool counts_bytes;
static atomic_llong bytes;

void allocation_count_bytes(void) { atomic_store(&counts_bytes, true); }

long long allocation_bytes_in_use(void) { return atomic_load(&bytes); }

#if COUNTS

#include <malloc.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

// Adds the bytes of a block, with a sign.
static inline void add(int sign, void *block) {
  if (__builtin_expect(atomic_load_explicit(&counts_bytes, memory_order_relaxed), false)) {
    atomic_fetch_add(&bytes, sign * (long long)malloc_usable_size(block));
  }
}

static inline void *counted(void *block) {
  calls++;
  add(1, block);
  return block;
}

void *malloc(size_t size) { return counted(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return counted(__libc_calloc(count, size)); }

void *realloc(void *block, size_t size) {
  add(-1, block);
  void *moved = __libc_realloc(block, size);
  // Without memory, the old block stays.
  if (moved == NULL && size > 0) add(1, block);
  return counted(moved);
}

void *memalign(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) {
  return counted(__libc_memalign(alignment, size));
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
    return EINVAL;
  }
  void *memory = counted(__libc_memalign(alignment, size));
  if (memory == NULL) return ENOMEM;
  *block = memory;
  return 0;
}

void free(void *block) {
  add(-1, block);
  __libc_free(block);
}

#endif
