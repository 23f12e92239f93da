#pragma once

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "drivers/docker.hpp"
#include "drivers/haproxy.hpp"
#include "edge/shape.hpp"

namespace belay {

/// What the containers behind the edge were given since its start, and what became of it: all of one moment.
class EdgeView {
 public:
  explicit EdgeView(std::vector<haproxy::Server>);

  struct Counters {
    std::int64_t requests = 0, errors = 0;
  };
  Counters counters(const std::vector<docker::Container>&) const;
  /// Requests and long-lived connections that these still have.
  std::int64_t sessions(const std::vector<docker::Container>&) const;
  /// Backend and slot of each place they stand in.
  std::vector<std::pair<std::string, std::string>> slots_of(const std::vector<docker::Container>&) const;

 private:
  std::vector<haproxy::Server> servers_;
};

/// Who stands behind the edge that runs, and who of them is given requests. Containers are told by the host
/// they carry as a label; each act is idempotent, and is done when it returns.
class EdgeTable {
 public:
  EdgeTable(haproxy::Runtime, EdgeShape);

  /// Requests go to it, by its weight (1 to 256, beside those of others); where it has no slot yet, it gets a
  /// free one.
  /// `stop`: it is not waited for any longer until the edge finds it.
  void open(const docker::Container&, int weight = haproxy::full_weight, std::stop_token stop = {}) const;
  /// No further requests; those it has may end.
  void drain(const docker::Container&) const;
  /// Its slots are free again.
  void close(const docker::Container&) const;

  EdgeView look() const;

  /// As the file has to say it, so that a restart brings back what is open now; only `open` ones stand in it.
  std::vector<haproxy::Backend> seated(const std::vector<docker::Container>& open) const;

 private:
  /// The places that the container stands in.
  std::vector<haproxy::Server> seats_of(const docker::Container&) const;

  haproxy::Runtime runtime_;
  EdgeShape shape_;
};

}  // namespace belay
