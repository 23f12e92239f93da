#include "host/control_socket.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include <doctest/doctest.h>

#include "../base/waiting_thread.hpp"
#include "../saga/runs.hpp"
#include "base/files.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto hang_guard = 30s;

/// An executor's ear, and a session's mouth.
struct Ear {
  Environment environment;
  std::stop_source cancel;
  std::optional<ControlSocket> socket;

  Ear() {
    make_directories(environment.layout.run("r1"));
    socket.emplace(ControlSocket::listen(environment.layout.run("r1")), "nonce", cancel);
  }
  Fd session() const { return ControlSocket::connect(environment.layout.run("r1")).value(); }
  static void say(const Fd& session, const wire::ToHost& message) {
    write_all(session.get(), wire::encode(message) + "\n");
  }
  std::optional<wire::Tell> answer(std::chrono::milliseconds patience = hang_guard) {
    return socket->wait_for("source", hang_guard, patience, {});
  }
  /// Returns when all that the session has said so far was read.
  void has_heard(const Fd& session) {
    say(session, wire::Tell{"nonce", "sign", true, {}});
    REQUIRE(socket->wait_for("sign", hang_guard, hang_guard, {}));
    REQUIRE(socket->take("sign").has_value());
  }
};

bool requested_soon(const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, hang_guard, [] { return false; });
  return stop.stop_requested();
}

}  // namespace

TEST_CASE("what a controller tells reaches the step that waits for it, before or after it asks") {
  Ear ear;
  const auto session = ear.session();
  Ear::say(session, wire::Tell{"nonce", "source", true, "3 files"});
  const auto told = ear.answer();
  REQUIRE(told);
  CHECK(told->ok);
  CHECK(told->detail == "3 files");
}

TEST_CASE("the first answer wins; another attempt's is not heard") {
  Ear ear;
  const auto session = ear.session();
  Ear::say(session, wire::Tell{"another", "source", false, "of yesterday"});
  Ear::say(session, wire::Tell{"nonce", "source", true, "first"});
  Ear::say(session, wire::Tell{"nonce", "source", false, "second"});
  ear.has_heard(session);
  const auto told = ear.answer();
  REQUIRE(told);
  CHECK(told->detail == "first");
}

TEST_CASE("a cancel stops this attempt, and another attempt's does not") {
  Ear ear;
  const auto session = ear.session();
  Ear::say(session, wire::Cancel{"another"});
  Ear::say(session, wire::Tell{"nonce", "source", true, {}});
  REQUIRE(ear.answer());  // so the cancel before it was read
  CHECK_FALSE(ear.cancel.stop_requested());
  Ear::say(session, wire::Cancel{"nonce"});
  CHECK(requested_soon(ear.cancel.get_token()));
}

TEST_CASE("nonsense ends the session that said it, and no other") {
  Ear ear;
  const auto wild = ear.session(), sound = ear.session();
  write_all(wild.get(), "{\"this is\": no message\n");
  Ear::say(sound, wire::Tell{"nonce", "source", true, "sound"});
  const auto told = ear.answer();
  REQUIRE(told);
  CHECK(told->detail == "sound");
}

TEST_CASE("with nobody connected the wait ends when patience does; with somebody it goes on") {
  Ear ear;
  CHECK_FALSE(ear.answer(50ms).has_value());
  const auto session = ear.session();
  ear.has_heard(session);
  WaitingThread<std::optional<wire::Tell>> waiting([&] { return ear.answer(0ms); });
  REQUIRE(waiting.waits());
  Ear::say(session, wire::Tell{"nonce", "source", true, "late"});
  const auto told = waiting.get();
  REQUIRE(told);
  CHECK(told->detail == "late");
}

TEST_CASE("a controller that comes back within patience is still heard") {
  Ear ear;
  {
    const auto gone = ear.session();
    ear.has_heard(gone);
  }
  WaitingThread<std::optional<wire::Tell>> waiting([&] { return ear.answer(); });
  REQUIRE(waiting.waits());
  const auto session = ear.session();
  Ear::say(session, wire::Tell{"nonce", "source", true, "again"});
  const auto told = waiting.get();
  REQUIRE(told);
  CHECK(told->detail == "again");
}

TEST_CASE("who only watches is not waited for, but may be asked something else") {
  Ear ear;
  const auto watching = ear.session();
  Ear::say(watching, wire::Unable{"another", "source"});
  ear.has_heard(watching);
  WaitingThread<std::optional<wire::Tell>> waiting([&] { return ear.answer(0ms); });
  REQUIRE(waiting.waits());
  Ear::say(watching, wire::Unable{"nonce", "source"});
  CHECK_FALSE(waiting.get().has_value());
  Ear::say(watching, wire::Tell{"nonce", "committed", true, {}});
  CHECK(ear.socket->wait_for("committed", hang_guard, 0ms, {}).has_value());
}

TEST_CASE("beside one that only watches, another may still answer") {
  Ear ear;
  const auto watching = ear.session(), began = ear.session();
  Ear::say(watching, wire::Unable{"nonce", "source"});
  ear.has_heard(watching);
  ear.has_heard(began);
  WaitingThread<std::optional<wire::Tell>> waiting([&] { return ear.answer(0ms); });
  REQUIRE(waiting.waits());
  Ear::say(began, wire::Tell{"nonce", "source", true, "3 files"});
  CHECK(waiting.get().has_value());
}

TEST_CASE("a stop ends the wait") {
  Ear ear;
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(ear.socket->wait_for("source", hang_guard, hang_guard, stop.get_token()).has_value());
}

TEST_CASE("where nobody listens there is no connection, and that is no error") {
  const Environment environment;
  make_directories(environment.layout.run("r1"));
  CHECK_FALSE(ControlSocket::connect(environment.layout.run("r1")).has_value());
  {
    Ear ear;
  }
}

TEST_CASE("a live directory with a long path has a control socket, too") {
  const Scratch scratch;
  const auto deep = scratch / std::string(200, 'd');
  make_directories(deep);
  const auto listener = ControlSocket::listen(deep);
  CHECK(ControlSocket::connect(deep).has_value());
}
