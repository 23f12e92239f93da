#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/deadline.hpp"
#include "base/time.hpp"
#include "drivers/docker_absence.hpp"
#include "drivers/host_port.hpp"
#include "model/container_command.hpp"

namespace belay::docker {

/// The Docker Engine through its API on the unix socket (DOCKER_HOST=unix://… is honoured): exact answers,
/// never a table made for people. Every call throws Error with the Engine's own message; "absent" is a value
/// where it is an expected answer. Thread-safe: each call opens its own connection.
///
/// An Engine that cannot be reached is no answer. Without a Patience each call throws Unreachable then. With
/// one, the call waits for the Engine and is made again, also where the Engine hung up in the middle of it:
/// what the call wants done is done once. Only attach() and exec() throw Unreachable after such a cut, as
/// their output is lost.

struct Container {
  std::string id, name;  // name without the leading slash
  std::string image;     // as given at create; in a listing, the image's id once its tag has moved on
  std::string image_id;
  std::string state;  // created, running, paused, restarting, removing, exited, dead
  std::map<std::string, std::string> labels;
  std::vector<HostPort> published;  // in a listing, while it runs
  bool running() const { return state == "running"; }
  /// It runs, is paused, or is between two starts of its restart policy: it has to be stopped to be off.
  bool on() const { return running() || state == "paused" || state == "restarting"; }
};

struct Inspection {
  Container container;
  int exit_code = 0;
  bool oom_killed = false;
  int restarts = 0;
  Time started{}, finished{};  // zero: never; finished: its last end
  std::string health;          // healthy, unhealthy, starting; empty: no HEALTHCHECK
  std::string restart_policy;
  int restart_maximum = 0;
  std::map<std::string, std::string> addresses, ipv6_addresses;  // by network
  std::vector<int> exposed_tcp_ports;                            // of the container, ascending
  std::vector<std::string> published;                            // "127.0.0.1:3001->3001/tcp"
  boost::json::object raw;                                       // the whole answer
  /// It is off, and its last end was one without an error.
  bool ended_well() const { return container.state == "exited" && exit_code == 0; }
};

struct Event {
  std::string type, action;  // "container", "die" / "oom" / "start" / "health_status: healthy"
  std::string id;
  std::map<std::string, std::string> attributes;
  std::int64_t time_nano = 0;
};

struct Reply;

class Engine {
 public:
  /// Asks the Engine for its API version; throws Error if none answers. The Engine has that patience from
  /// then on.
  static Engine connect(std::optional<Patience> = std::nullopt);
  /// The same Engine with another patience; with none it throws Unreachable at once.
  Engine with(std::optional<Patience>) const;
  /// The same Engine, whose patience, if it has any, no stop ends.
  Engine never_giving_up() const;
  /// Returns when it answers.
  void ping() const;

  const std::string& version() const { return version_; }            // of the Engine, "20.10.24"
  const std::string& socket() const { return socket_; }              // "/var/run/docker.sock"
  const std::string& api_version() const { return api_version_; }    // "1.41"
  const std::string& os() const { return os_; }                      // as images name it: "linux"
  const std::string& architecture() const { return architecture_; }  // "amd64"

  /// Throws Error{bad_input} if this is the Engine of Snap's package: its confinement hides most of the
  /// host's files from it and from its compose.
  void refuse_snap() const;

  /// All containers (stopped ones too) that carry each of these labels ("key" or "key=value").
  std::vector<Container> containers(const std::vector<std::string>& labels) const;
  std::optional<Container> container_named(const std::string& name) const;  // exact name
  std::optional<Inspection> inspect(const std::string& id_or_name) const;

  /// `body` is the Engine's create body; `networks`, if the body names several, are connected one by one
  /// where the API version cannot take them at once. Returns the id.
  std::string create(const std::string& name, const boost::json::object& body) const;
  void start(const std::string& id) const;
  /// Sends the container's stop signal and waits; without `limit` the container's own stop timeout holds.
  /// Already stopped is fine. One that is paused goes on first, so that it can end in order.
  void stop(const std::string& id, std::optional<std::chrono::seconds> limit = std::nullopt) const;
  /// Sends a signal to its first process: "SIGUSR2".
  void kill(const std::string& id, const std::string& signal) const;
  void rename(const std::string& id, const std::string& name) const;
  void set_restart_policy(const std::string& id, const std::string& policy, int maximum) const;
  /// Force-removes it; absent is fine. Its anonymous volumes go with it only where belay has just made them:
  /// else they may hold data.
  enum class AnonymousVolumes { keep, remove };
  void remove(const std::string& id, AnonymousVolumes = AnonymousVolumes::keep) const;
  /// Writes a file into a container that need not run.
  struct File {
    std::string path, text;
    int mode = 0444, uid = 0, gid = 0;
  };
  void put_file(const std::string& id, const File&) const;
  /// Waits for its end; the exit code. Throws Error on deadline or stop.
  int wait(const std::string& id, std::stop_token, Deadline) const;

  using LineSink = std::function<void(const std::string&)>;
  /// The last `tail` lines, both streams in order.
  std::vector<std::string> last_log_lines(const std::string& id, int tail) const;
  /// Follows what the container prints, from before its start to its end, whatever its logging driver. Calls
  /// `on_attached` once nothing can be missed: start it then.
  void attach(const std::string& id, const std::function<void()>& on_attached, const LineSink&,
              std::stop_token, Deadline) const;
  /// Runs the command in a running container and follows what it prints; its exit code. Throws Error on
  /// deadline or stop: the command itself may go on then.
  int exec(const std::string& id, const ContainerCommand&, const LineSink&, const std::stop_token&,
           Deadline) const;
  /// Follows the log from its beginning until the container ends, stop or deadline.
  void follow_log(const std::string& id, const LineSink&, std::stop_token, Deadline) const;

  /// sha256:…; empty if there is no such image.
  std::optional<std::string> image_id(const std::string& reference) const;
  std::vector<std::string> image_tags(const std::string& id) const;
  /// The paths for which the image declares a VOLUME.
  std::vector<std::string> volumes_of_image(const std::string& id) const;
  /// By which registries know it: "ghcr.io/shop/web@sha256:…". Empty: it came from none.
  std::vector<std::string> image_digests(const std::string& reference) const;
  /// The diff ids of each image, lowest layer first.
  std::vector<std::vector<std::string>> layers_of_images() const;
  void tag(const std::string& image, const std::string& repository, const std::string& tag) const;
  /// Removes the tag, and the image when nothing else refers to it. In use or absent is fine; says whether it
  /// is gone.
  bool untag(const std::string& reference) const;

  /// As the Engine describes it; empty if there is none of that exact name.
  std::optional<boost::json::object> network(const std::string& name) const;
  std::optional<boost::json::object> volume(const std::string& name) const;

  /// Calls `on_event` for container events until stop. Returns when the stream ends (an Engine restart): the
  /// caller reconnects with `since_nano` (0: from now) and lists once. `on_open` is called when the stream
  /// stands, so that whoever starts a container can wait for it.
  void follow_events(std::int64_t since_nano, const std::function<void()>& on_open,
                     const std::function<void(const Event&)>& on_event, std::stop_token) const;

 private:
  struct Call;  // one exchange with the Engine
  Engine() = default;
  /// A GET is asked again after a cut; of the others each says so itself.
  Call request(std::string method, const std::string& path) const;
  Call repeatable(std::string method, const std::string& path) const;
  boost::json::value get(const std::string& path) const;
  std::optional<Reply> reply_if_made(const std::string& name, const boost::json::object& body) const;
  void require_networks_of(const boost::json::object& body, const std::string& what_failed) const;
  int stop_limit_of(const std::string& id) const;
  void unpause(const std::string& id) const;
  void connect_to_network(const std::string& id, const std::string& network,
                          const boost::json::value& endpoint) const;

  std::string socket_, version_, api_version_, os_, architecture_;
  std::shared_ptr<const Patience> patience_;
};

/// The create body that makes a container exactly like the inspected one: for clones under corrected labels
/// and for freezing an adopted container. What the Engine made up (hostname, addresses, ids) is left out.
boost::json::object create_body_of(const boost::json::object& inspection);

}  // namespace belay::docker
