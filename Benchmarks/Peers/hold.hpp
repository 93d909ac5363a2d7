// The random stream and the delays of Sources/EventKernel, reproduced bit for bit, so that all
// peers of the hold model execute the same events and have the same checksum.
// Philox2x64-10 (Salmon et al., SC 2011), FNV-1a for the purpose, fdlibm's logarithm.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <cstring>

struct Stream {
  uint64_t key, identity, drawn = 0, spare = 0;

  Stream(uint64_t seed, const char *purpose) : key(seed) {
    uint32_t hash = 0x811c9dc5u;
    for (; *purpose; ++purpose) hash = (hash ^ uint8_t(*purpose)) * 0x01000193u;
    identity = uint64_t(hash) << 32;
  }

  uint64_t next() {
    uint64_t draw = drawn++;
    if (draw & 1) return spare;
    uint64_t low = identity, high = draw >> 1, round_key = key;
    for (int round = 0; round < 10; ++round) {
      unsigned __int128 product = (unsigned __int128)low * 0xd2b74407b1ce6e93ull;
      low = uint64_t(product >> 64) ^ round_key ^ high;
      high = uint64_t(product);
      round_key += 0x9e3779b97f4a7c15ull;
    }
    spare = high;
    return low;
  }

  double uniform() { return (double(next() >> 12) + 0.5) * 0x1p-52; }
};

inline double natural_logarithm(double x) {
  uint64_t bits;
  std::memcpy(&bits, &x, 8);
  uint64_t shifted = bits + (0x3ff0000000000000ull - 0x3fe6a09e00000000ull);
  double k = double(int64_t(shifted >> 52) - 1023), one_plus_f;
  uint64_t fraction = (shifted & 0x000fffffffffffffull) + 0x3fe6a09e00000000ull;
  std::memcpy(&one_plus_f, &fraction, 8);
  double f = one_plus_f - 1, s = f / (2 + f), z = s * s, w = z * z;
  double even = w * (3.999999999940941908e-01 +
                     w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  double odd = z * (6.666666666666735130e-01 +
                    w * (2.857142874366239149e-01 +
                         w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  double half_square = 0.5 * f * f;
  double rest = s * (half_square + (even + odd)) + k * 1.90821492927058770002e-10;
  return k * 6.93147180369123816490e-01 - ((half_square - rest) - f);
}

/// An exponential delay with a mean of 1 ms, in picoseconds.
inline uint64_t delay(Stream &stream) {
  return uint64_t(-natural_logarithm(stream.uniform()) * 1e9);
}

inline double user_seconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_utime.tv_sec) + double(usage.ru_utime.tv_usec) * 1e-6;
}
