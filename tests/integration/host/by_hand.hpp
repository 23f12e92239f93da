#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/files.hpp"
#include "base/process.hpp"

namespace belay::testing {

/// `docker compose up` in the live directory, as operators type it; what it made is gone with the test.
struct ByHand {
  fs::path directory;
  explicit ByHand(fs::path live) : directory(std::move(live)) { compose({"up", "--detach"}); }
  ~ByHand() { compose({"down", "--timeout", "0"}); }
  ByHand(const ByHand&) = delete;
  ByHand& operator=(const ByHand&) = delete;
  void compose(const std::vector<std::string>& arguments) const {
    std::vector<std::string> words{"docker", "compose", "--project-directory", directory.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto ended =
        capture({.argv = words, .directory = directory}, {}, Deadline::in(std::chrono::seconds(60)));
    CAPTURE(ended.err);
    CHECK(ended.ok());
  }
};

}  // namespace belay::testing
