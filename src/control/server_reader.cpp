#include "control/server_reader.hpp"

#include <cstdlib>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/run.hpp"
#include "control/agent.hpp"
#include "control/ssh_failure.hpp"
#include "model/visible_text.hpp"

namespace belay {
namespace {

using namespace std::chrono_literals;

// What a shell prints while it starts comes before the mark.
std::vector<std::string> words_for(const std::string& mark, const std::string& path) {
  return {"sh", "-c", "echo \"$1\"; exec cat -- \"$2\"", "belay", mark, path};
}

std::string path_here(const std::string& path) {
  const char* const home = std::getenv("HOME");
  return home != nullptr && path.starts_with("~/") ? std::string(home) + path.substr(1) : path;
}

}  // namespace

ServerReader::ServerReader(const HostAddress& host, std::stop_token stop) {
  ssh_key_from_environment();  // before any child is started
  if (host.local) return;
  ssh_ = std::make_unique<SshAccess>(host, "", std::vector<JumpHost>{}, stop);
  while_doing("connecting to " + host.shown, [&] { connect(host, stop); });
}

// `cat` sends a line back once the login is done, and ends with its input.
void ServerReader::connect(const HostAddress& host, std::stop_token stop) {
  const std::string mark = "belay-" + random_nonce();
  line_ = std::make_unique<Line>(ssh_->connect("exec cat"));
  line_->write_raw(mark + "\n");
  for (std::string text;;) {
    const LineReader::Status status = line_->read_raw(text, stop, Deadline::in(60s));
    if (status == LineReader::Status::stopped) throw Error("stopped while connecting to " + host.shown);
    if (status == LineReader::Status::line && text.find(mark) == std::string::npos) continue;
    if (status == LineReader::Status::line) return;
    const Line::LastWords last = line_->last_words();
    throw described(SshFailure{.host = host.shown,
                               .pin = {},
                               .offered = ssh_->host_keys().offered(),
                               .outcome = last.outcome,
                               .words = last.text,
                               .hops = ssh_->way().ends()});
  }
}

ServerReader::Text ServerReader::read(const std::string& path, std::stop_token stop) const {
  const std::string mark = "belay-" + random_nonce() + "\n";
  const auto words = words_for(mark.substr(0, mark.size() - 1),
                               ssh_ ? (path.starts_with("~/") ? path.substr(2) : path) : path_here(path));
  std::stop_source enough;
  const std::stop_callback stopped(stop, [&] { enough.request_stop(); });
  std::string out, errors;
  const Outcome outcome =
      run_raw(ssh_ ? ssh_->over_connection(words, false) : Command{.argv = words}, enough.get_token(),
              Deadline::in(30s), [&](Stream stream, std::string_view bytes) {
                (stream == Stream::out ? out : errors).append(bytes.substr(0, largest));
                if (out.size() > 2 * largest || errors.size() > largest) enough.request_stop();
              });
  const std::size_t at = out.find(mark);
  std::string text = at == std::string::npos ? "" : out.substr(at + mark.size());
  if (text.size() > largest) return {.why_not = "it has more than 256 KiB"};
  if (!outcome.ok() || at == std::string::npos) {
    const std::string said = visible_text(errors, 2000);
    return {.why_not = said.empty() ? "cat: " + outcome.described() : said};
  }
  if (text.find('\0') != std::string::npos) return {.why_not = "it is a binary file"};
  return {.text = std::move(text)};
}

}  // namespace belay
