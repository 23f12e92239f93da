#include "control/agent.hpp"

#include "base/error.hpp"
#include "base/line_reader.hpp"
#include "control/taken_variable.hpp"

namespace belay {

namespace {

/// As ssh-add wants it. CI forms lose the last newline, add carriage returns, or keep "\n" as two characters.
std::string as_key_file(const std::string& text) {
  const bool one_line = text.find('\n') == std::string::npos;
  std::string key;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') continue;
    if (one_line && text.compare(i, 2, "\\n") == 0) {
      key += '\n';
      ++i;
    } else {
      key += text[i];
    }
  }
  if (!key.ends_with('\n')) key += '\n';
  return key;
}

Child start_agent(const Lifeline& life, const fs::path& socket) {
  // The pipe is opened before the agent starts: from there on the end of belay cannot be missed.
  const std::string script =
      "trap '' INT TERM HUP; exec 3<\"$1\"; ssh-agent -D -a \"$2\" 3<&- & p=$!; read -r end <&3; kill -KILL "
      "$p";
  return Child(Command{.argv = {"sh", "-c", script, "belay-agent", life.pipe().string(), socket.string()}},
               Child::Pipes{.in = false, .out = true, .err = true});
}

std::string last_words(Child& child) {
  child.kill_and_reap();
  LineReader lines(child.err().get());
  std::string words, line;
  while (lines.next(line, {}, Deadline::in(std::chrono::seconds(1))) == LineReader::Status::line)
    words += line + "\n";
  return words;
}

}  // namespace

const std::optional<std::string>& ssh_key_from_environment() {
  static const std::optional<std::string> key = take_out_of_environment("BELAY_SSH_KEY");
  return key;
}

PrivateAgent::PrivateAgent(const std::string& private_key, const Lifeline& life, std::stop_token stop)
    : socket_(life.directory() / "agent"), keeper_(start_agent(life, socket_)) {
  // It prints its socket's name once it listens.
  LineReader lines(keeper_.out().get());
  std::string line;
  if (lines.next(line, stop, Deadline::in(std::chrono::seconds(10))) != LineReader::Status::line)
    throw Error("cannot start ssh-agent for the key in BELAY_SSH_KEY", last_words(keeper_),
                "install the OpenSSH client, which ssh-agent belongs to", ExitCode::bad_input);

  // No terminal and no dialogue may be asked for a passphrase: there is nobody to answer.
  const Command add{.argv = {"ssh-add", "-q", "-"},
                    .set = {{"SSH_AUTH_SOCK", socket_.string()},
                            {"SSH_ASKPASS", "/bin/false"},
                            {"SSH_ASKPASS_REQUIRE", "force"}},
                    .input = as_key_file(private_key)};
  const Captured added = capture(add, stop, Deadline::in(std::chrono::seconds(20)));
  if (!added.ok())
    throw Error(
        "BELAY_SSH_KEY does not hold a private key that ssh can use",
        added.err.empty() ? "ssh-add: " + added.outcome.described() : added.err,
        "give the whole text of the key file, from its BEGIN line to its END line; the key must have no "
        "passphrase (ssh-keygen -p takes one away)",
        ExitCode::bad_input);
}

}  // namespace belay
