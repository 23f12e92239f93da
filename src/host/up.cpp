#include <cerrno>

#include <unistd.h>

#include "base/files.hpp"
#include "base/line_reader.hpp"
#include "host/accessory_up.hpp"
#include "host/arguments.hpp"
#include "host/commands.hpp"

namespace belay {

namespace {

wire::Ask question_of_stdin() {
  LineReader input(STDIN_FILENO);
  std::string line;
  if (input.next(line, {}, Deadline::in(std::chrono::seconds(30))) != LineReader::Status::line)
    throw Error("no question arrived", {}, {}, ExitCode::bad_input);
  const auto message = wire::decode_to_host(line);
  const auto* ask = std::get_if<wire::Ask>(&message);
  if (ask == nullptr) throw Error("this is not a question", {}, {}, ExitCode::bad_input);
  return *ask;
}

wire::ToController outcome_of(const HostArguments& where, const wire::Ask& ask) {
  try {
    return wire::Answer{up_answer_to_json(made_anew(where, up_request_from_json(ask.arguments)))};
  } catch (const Error& error) {
    return wire::Failure{error.message(), error.why(), error.next(), static_cast<int>(error.exit_code())};
  } catch (const std::exception& error) {
    return wire::Failure{"an unexpected failure", error.what(), "please report it"};
  }
}

}  // namespace

int host_up(std::span<const std::string> arguments) {
  const auto where = host_arguments(arguments);
  const auto ask = question_of_stdin();
  // The session's child ends here; its own child lives on, so that nothing is left half made where the
  // session ends. No thread exists yet.
  const pid_t child = ::fork();
  if (child < 0) throw system_error("cannot fork", errno);
  if (child > 0) return 0;
  ::setsid();
  // Who asked may be gone by then: what runs can be seen with docker compose ps.
  const int nobody = try_write_all(STDOUT_FILENO, wire::encode(outcome_of(where, ask)) + "\n");
  ::_exit(nobody == 0 ? 0 : 1);
}

}  // namespace belay
