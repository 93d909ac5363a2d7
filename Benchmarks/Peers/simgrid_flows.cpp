// Simulates the flows of `dsv3sim bench network --export` with SimGrid's CM02 model, which shares
// links by max-min fairness, as the flow network does. Prints one line: name, flows, flows/s of
// user CPU time, makespan in seconds, and the largest difference of a completion time from the
// exported one in picoseconds. Usage: simgrid_flows FOLDER CASE
#include "hold.hpp"

#include <simgrid/s4u.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace sg4 = simgrid::s4u;

struct Flow {
  int source, target;
  double bytes, drained;
  std::vector<int> path;
};

int main(int count, char **arguments) {
  sg4::Engine engine(&count, arguments);
  if (count != 3) return 64;
  const std::string folder = arguments[1], name = arguments[2];
  engine.set_config("network/model:CM02");
  engine.set_config("network/crosstraffic:0");
  engine.set_config("network/TCP-gamma:0");
  engine.set_config("surf/precision:1e-12");
  engine.set_config("maxmin/precision:1e-12");

  // Numbers of links, GPUs and flows; capacities in B/s; flows: source, target, bytes, completion
  // time, number of links, links.
  std::ifstream file(folder + "/" + name + ".flows");
  size_t link_count, gpu_count, flow_count;
  if (!(file >> link_count >> gpu_count >> flow_count)) return 66;
  auto *zone = sg4::create_full_zone("cluster");
  std::vector<sg4::Link *> links;
  for (size_t link = 0; link < link_count; ++link) {
    double capacity;
    file >> capacity;
    links.push_back(zone->create_link("link" + std::to_string(link), capacity)->seal());
  }
  std::vector<sg4::Host *> gpus;
  for (size_t gpu = 0; gpu < gpu_count; ++gpu)
    gpus.push_back(zone->create_host("gpu" + std::to_string(gpu), 1e9)->seal());
  std::vector<Flow> flows(flow_count);
  for (Flow &flow : flows) {
    size_t hops;
    file >> flow.source >> flow.target >> flow.bytes >> flow.drained >> hops;
    flow.path.resize(hops);
    std::vector<sg4::LinkInRoute> route;
    for (int &link : flow.path) {
      file >> link;
      route.emplace_back(links[link]);
    }
    zone->add_route(gpus[flow.source]->get_netpoint(), gpus[flow.target]->get_netpoint(), nullptr,
                    nullptr, route, false);
  }
  if (!file) return 65;
  zone->seal();

  double makespan = 0, difference = 0;
  sg4::Actor::create("starter", gpus[0], [&]() {
    std::vector<sg4::CommPtr> comms;
    for (const Flow &flow : flows)
      comms.push_back(sg4::Comm::sendto_async(gpus[flow.source], gpus[flow.target],
                                              uint64_t(flow.bytes)));
    for (size_t index = 0; index < flows.size(); ++index) {
      comms[index]->wait();
      double finish = comms[index]->get_finish_time();
      makespan = std::max(makespan, finish);
      difference = std::max(difference, std::fabs(finish - flows[index].drained) * 1e12);
    }
  });
  double start = user_seconds();
  engine.run();
  double seconds = user_seconds() - start;
  std::printf("%s %zu %.0f %.12g %.2g\n", name.c_str(), flow_count, double(flow_count) / seconds,
              makespan, difference);
}
