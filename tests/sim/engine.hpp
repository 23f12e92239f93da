#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "base/clock.hpp"
#include "drivers/docker_line.hpp"

namespace belay::sim {

/// How a program in a container behaves.
struct Behaviour {
  std::chrono::milliseconds listens_after{300};
  std::optional<std::chrono::milliseconds> dies_after{};  // with exit code 1
  int answers = 200;                                      // its health URL
  std::chrono::milliseconds stops_in{50};
};

struct FakeContainer {
  std::string id, name, image, image_id, address;
  std::map<std::string, std::string> labels;
  std::string project, service, release;  // as its labels say
  std::string state = "created", policy = "no";
  int maximum = 0, exit_code = 0, restarts = 0, life = 0;
  bool stopped_by_hand = false;
  Time started{}, finished{};
  std::optional<int> host_port;
  /// What the Engine answers of it, as far as that never changes: JSON, made once. belay asks often.
  std::string labels_text, host_config_text, exposed_text;
};

/// A Docker Engine by meaning: it keeps containers, images and events, and answers the requests that belay
/// makes as Engine 20.10 does. Simpler than Docker and never kinder: a port that is taken is refused, a name
/// that is taken too, and after a restart only what its policy lets comes up.
class FakeEngine {
 public:
  /// `later`: calls the function when that time has passed.
  using Later = std::function<void(std::chrono::milliseconds, std::function<void()>)>;
  explicit FakeEngine(Later later) : later_(std::move(later)) {}

  docker::Reply answer(const docker::Exchange&);

  void add_image(const std::string& id, const std::vector<std::string>& tags, Behaviour);
  /// Id of a new container with this create body.
  std::string make(const std::string& name, const boost::json::object& body);
  void start(FakeContainer&);
  void stop(FakeContainer&);
  void remove(const std::string& id);
  /// The whole Engine goes down, and its containers with it; `up` starts what has to come up by itself.
  void go_down();
  void come_up();
  void prune_containers();

  const std::map<std::string, FakeContainer>& containers() const { return containers_; }
  FakeContainer* find(const std::string& id_or_name);
  /// What a GET of that host's port finds; empty: nothing listens.
  std::optional<int> asked(int host_port) const;
  bool listens(const FakeContainer&) const;
  FakeContainer* at_address(const std::string&);
  /// How long this container's program takes to stop.
  std::chrono::milliseconds time_to_stop(const std::string& id_or_name);

  struct Event {
    std::int64_t nano;
    std::string text;
  };
  const std::vector<Event>& events() const { return events_; }

 private:
  void ended(FakeContainer&, int code);
  void tell(const FakeContainer&, const std::string& action, int exit_code = -1);
  std::string inspected(const FakeContainer&) const;
  docker::Reply of_container(const std::string& method, const std::string& id, const std::string& act,
                             const docker::Exchange&);
  docker::Reply of_image(const std::string& method, const std::string& rest);
  docker::Reply listed(const std::string& query);
  docker::Reply created(const std::string& query, const docker::Exchange&);

  struct Image {
    std::set<std::string> tags;
    Behaviour behaviour;
  };
  const Behaviour& behaviour(const FakeContainer& container) const {
    return images_.at(container.image_id).behaviour;
  }
  std::string image_of(const std::string& reference) const;

  Later later_;
  std::map<std::string, FakeContainer> containers_;
  std::map<std::string, Image> images_;
  std::vector<Event> events_;
  int made_ = 0;
};

}  // namespace belay::sim
