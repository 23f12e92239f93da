#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/background.hpp"
#include "drivers/docker.hpp"
#include "model/notes.hpp"

namespace belay {

/// Looks once a second whether what serves still runs, while a release is made beside it: somebody may type
/// `docker compose up`, which takes the older of two containers of a service for one too many, or `docker
/// rm`. A container that ends by itself is left to its restart policy, and one without such a policy to the
/// look before the run is closed.
class ServingWatch {
 public:
  /// `serving`: as create noted them. `on_loss` is called once, on the watch's thread.
  ServingWatch(docker::Engine, std::vector<PreviousContainer> serving, std::function<void()> on_loss);
  ServingWatch(const ServingWatch&) = delete;
  ServingWatch& operator=(const ServingWatch&) = delete;

  /// What was taken down, as a sentence: "shop-web-1 was removed". Empty: nothing.
  std::string lost() const;

 private:
  void look_until(const std::stop_token&);
  std::string what_is_lost();

  docker::Engine engine_;
  std::vector<PreviousContainer> serving_;
  std::function<void()> on_loss_;
  std::string
      stopped_before_;  // found stopped by the look before; one look may fall into a restart of Docker
  mutable std::mutex mutex_;
  std::string lost_;    // guarded by mutex_
  Background looking_;  // last: it uses all of the above
};

}  // namespace belay
