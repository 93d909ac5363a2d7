// The hold model on std::priority_queue: 16-byte entries ordered by time, then sequence number.
// Prints one line per population: name, population, events/s of user CPU time, checksum.
// Usage: priority_queue EVENTS RUNS POPULATION...
#include "hold.hpp"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <queue>
#include <vector>

struct Entry {
  uint64_t time, order;
  bool operator>(const Entry &other) const {
    return time != other.time ? time > other.time : order > other.order;
  }
};

using Queue = std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>>;

int main(int count, char **arguments) {
  if (count < 4) return 64;
  long events = std::atol(arguments[1]), runs = std::atol(arguments[2]);
  for (int argument = 3; argument < count; ++argument) {
    long population = std::atol(arguments[argument]);
    Stream stream(1, "benchmark.hold");
    Queue queue;
    uint64_t sequence = 0, checksum = 0, printed = 0;
    for (long process = 0; process < population; ++process)
      queue.push({delay(stream), sequence++ << 24 | uint64_t(process)});
    double least = 1e300;
    for (long run = -1; run < runs; ++run) {  // run -1 warms up
      double start = user_seconds();
      for (long event = 0; event < events; ++event) {
        Entry entry = queue.top();
        queue.pop();
        checksum += entry.time;
        queue.push({entry.time + delay(stream), sequence++ << 24 | (entry.order & 0xffffff)});
      }
      double seconds = user_seconds() - start;
      if (run >= 0 && seconds < least) least = seconds;
      if (run == 0) printed = checksum;
    }
    std::printf("std::priority_queue %ld %.0f %016llx\n", population, double(events) / least,
                (unsigned long long)printed);
  }
}
