// For the thread sanitizer, which does not see how Swift's `Mutex` waits: that happens in the
// runtime's library, which is not built for it. Preloaded, this waits instead and tells it.
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

extern void __tsan_acquire(void *) __attribute__((weak));

// Synchronization._MutexHandle._lockSlow(UInt32) of libswiftSynchronization: called if a mutex is
// held, with the word that is to become the caller's number. As nobody sleeps, unlocking, which the
// sanitizer sees, wakes nobody.
__attribute__((swiftcall)) void lockSlow(
    uint32_t caller, __attribute__((swift_context)) _Atomic uint32_t *word)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

__attribute__((swiftcall)) void lockSlow(
    uint32_t caller, __attribute__((swift_context)) _Atomic uint32_t *word) {
  uint32_t open = 0;
  while (!atomic_compare_exchange_weak_explicit(
      word, &open, caller, memory_order_acquire, memory_order_relaxed)) {
    open = 0;
    sched_yield();
  }
  if (__tsan_acquire) __tsan_acquire(word);
}
