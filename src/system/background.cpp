#include "base/background.hpp"

#include <thread>

namespace belay {

struct Background::Body {
  std::jthread thread;
};

Background::Background(std::function<void(const std::stop_token&)> work)
    : body_(std::make_unique<Body>(std::jthread(std::move(work)))) {}

Background::~Background() = default;
Background::Background(Background&&) noexcept = default;
Background& Background::operator=(Background&&) noexcept = default;

void Background::request_stop() {
  body_->thread.request_stop();
}

void Background::join() {
  body_->thread.join();
}

}  // namespace belay
