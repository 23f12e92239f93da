#pragma once

#include <stop_token>

namespace belay {

/// A stop token that is requested when either of two is.
class EitherStop {
 public:
  EitherStop(std::stop_token one, std::stop_token other);
  std::stop_token token() const { return source_.get_token(); }

 private:
  struct Request {
    std::stop_source& source;
    void operator()() const { source.request_stop(); }
  };
  std::stop_source source_;
  std::stop_callback<Request> one_, other_;
};

}  // namespace belay
