#define DOCTEST_CONFIG_IMPLEMENT
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "control/host_key.hpp"
#include "control/session.hpp"
#include "stand_in_host.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// Opens a session and holds it until killed: for tests that kill the controller.
int hold_session(const std::string& destination, int port, const std::string& host_key,
                 const std::string& live) {
  EnvironmentConfig environment;
  environment.host = {.local = false, .destination = destination, .port = port, .shown = destination};
  environment.host_key = host_key;
  environment.path = live;
  RecordingWatcher watcher;
  Session session = Session::open(environment, watcher, {});
  std::puts(session.remote_shell().c_str());
  std::fflush(stdout);
  session.receive({}, Deadline::never());
  return 0;
}

int dispatched(const std::vector<std::string>& words) {
  if (words[0] == "internal") return known_host_command({words.begin() + 2, words.end()});
  if (words[0] == "host") return stand_in_host_session(words.at(3));
  if (words[0] == "version") return 0;  // the bootstrap tries whether the program runs where it was put
  if (words[0] == "hold-session")
    return hold_session(words.at(1), std::stoi(words.at(2)), words.at(3), words.at(4));
  throw Error("the stand-in does not know the command " + words[0]);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + 1, argv + argc);
  // Options are doctest's. A word is a command of belay's: for one that is not known the tests must not run,
  // since they would start themselves again and again.
  if (words.empty() || words[0].starts_with('-')) return doctest::Context(argc, argv).run();
  try {
    return dispatched(words);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n%s\n%s\n", error.what(), error.why().c_str(), error.next().c_str());
    return static_cast<int>(error.exit_code());
  }
}
