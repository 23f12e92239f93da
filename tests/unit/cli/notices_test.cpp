#include "cli/notices.hpp"

#include <mutex>

#include <doctest/doctest.h>

#include "../drivers/local_server.hpp"
#include "captured_output.hpp"
#include "sample_runs.hpp"

using namespace belay;
using namespace belay::cli;
using namespace belay::testing;

namespace {

/// A server that keeps what it is sent, and answers it.
class Receiver {
 public:
  explicit Receiver(std::string status) : status_(std::move(status)) {}
  std::string url() const { return server_.url(""); }
  std::vector<std::string> got() const {
    const std::lock_guard lock(mutex_);
    return got_;
  }

 private:
  std::string status_;
  mutable std::mutex mutex_;
  std::vector<std::string> got_;
  LocalServer server_{[this](const LocalServer::Peer& peer) {
    auto request = peer.read_request();
    {
      const std::lock_guard lock(mutex_);
      got_.push_back(std::move(request));
    }
    peer.say("HTTP/1.1 " + status_ + "\r\nContent-Length: 0\r\n\r\n");
  }};
};

struct Told {
  CapturedOutput out, err;
  Context context{.out = out.output(),
                  .err = err.output(),
                  .out_surface = {},
                  .err_surface = {},
                  .variable = {},
                  .config = {},
                  .interrupt = nullptr};
};

EnvironmentConfig environment_with(const Receiver& receiver) {
  EnvironmentConfig environment;
  environment.name = "production";
  environment.notify = {
      NoticeTarget{CommitStatus{.repository = "acme/crm", .token = "t0ken", .api = receiver.url()}},
      NoticeTarget{Webhook{.url = receiver.url() + "/hook"}}};
  environment.notify_values = {{"TOKEN", "t0ken"}};
  return environment;
}

const Commit commit{
    .id = "4f2a9c1d00000000000000000000000000000000", .subject = "uses t0ken", .branch = "main"};

/// The requests to one place, in their order.
std::vector<std::string> to(const std::string& path, const Receiver& receiver) {
  std::vector<std::string> found;
  for (const auto& one : receiver.got())
    if (one.starts_with("POST " + path)) found.push_back(one);
  return found;
}

}  // namespace

TEST_CASE("the beginning of a deployment is told to the commit, and its end to all") {
  const Receiver receiver("201 Created");
  const auto environment = environment_with(receiver);
  Told told;
  RunNotices notices(Audience{"crm", &environment}, told.context, false);
  notices.found(commit);
  notices.ended(samples::ending_of(samples::deployed()));
  const auto statuses = to("/repos/", receiver);
  REQUIRE(statuses.size() == 2);
  CHECK(statuses[0].contains("\"state\":\"pending\""));
  CHECK(statuses[1].contains("\"state\":\"success\""));
  const auto hooks = to("/hook", receiver);
  REQUIRE(hooks.size() == 1);
  CHECK(hooks[0].contains("\"event\":\"deployed\""));
  CHECK(told.out.text().empty());
}

TEST_CASE("a deployment that does not take place takes the pending status away, and is no news") {
  struct Row {
    Error error;
    bool handed_over;
    const char *state, *event;
  };
  for (const Row& row : {Row{Error("busy", "", "", ExitCode::busy), false, "error", nullptr},
                         Row{Error("bad", "", "", ExitCode::bad_input), true, "error", nullptr},
                         Row{Error("the tests failed with t0ken"), false, "failure", "not-begun"},
                         Row{Error("the line is cut"), true, "error", "unknown"}}) {
    const Receiver receiver("200 OK");
    const auto environment = environment_with(receiver);
    Told told;
    RunNotices notices(Audience{"crm", &environment}, told.context, false);
    notices.found(commit);
    notices.failed(row.error, row.handed_over);
    CAPTURE(row.error.message());
    const auto statuses = to("/repos/", receiver);
    REQUIRE(statuses.size() == 2);
    CHECK(statuses[1].contains(std::string("\"state\":\"") + row.state));
    const auto hooks = to("/hook", receiver);
    REQUIRE(hooks.size() == (row.event == nullptr ? 0 : 1));
    if (row.event == nullptr) continue;
    CHECK(hooks[0].contains(std::string("\"event\":\"") + row.event));
    CHECK_FALSE(hooks[0].contains("t0ken"));
  }
}

TEST_CASE("a target that fails at the beginning and at the end is a warning once") {
  const Receiver receiver("403 Forbidden");
  auto environment = environment_with(receiver);
  environment.notify.pop_back();
  Told told;
  RunNotices notices(Audience{"crm", &environment}, told.context, false);
  notices.found(commit);
  notices.ended(samples::ending_of(samples::deployed()));
  CHECK(told.out.text() == "  ! the notice to github acme/crm was not sent: answered 403\n");
}

TEST_CASE("without an audience nobody is told") {
  Told told;
  RunNotices notices(std::nullopt, told.context, false);
  notices.found(commit);
  notices.ended(samples::ending_of(samples::deployed()));
  notices.failed(Error("no"), true);
  CHECK(told.out.text().empty());
}
