#include "base/process.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/line_splitter.hpp"
#include "base/run.hpp"

namespace belay {

namespace {

constexpr std::size_t most_kept = 16u << 20;  // bytes of each stream
constexpr int lines_of_a_failure = 20;

}  // namespace

std::string_view last_lines(std::string_view text, int count) {
  text = text.substr(0, text.find_last_not_of(" \r\n\t") + 1);  // npos + 1 is 0: all blank
  std::size_t begin = text.size();
  for (int lines = 0; lines < count && begin > 0; ++lines) {
    const std::size_t newline = text.rfind('\n', begin - 1);
    if (newline == std::string_view::npos) return text;
    begin = newline;
  }
  return text.substr(std::min(begin + 1, text.size()));
}

Outcome run(const Command& command, std::stop_token stop, Deadline deadline, const LineSink& sink) {
  LineSplitter out([&](std::string_view line) { sink(Stream::out, line); });
  LineSplitter err([&](std::string_view line) { sink(Stream::err, line); });
  const auto split = [&](Stream stream, std::string_view bytes) {
    (stream == Stream::out ? out : err).add(bytes);
  };
  const Outcome outcome = run_raw(command, std::move(stop), deadline, split);
  out.finish();
  err.finish();
  return outcome;
}

Captured capture(const Command& command, std::stop_token stop, Deadline deadline) {
  Captured captured;
  const auto keep = [&](Stream stream, std::string_view bytes) {
    std::string& kept = stream == Stream::out ? captured.out : captured.err;
    kept.append(bytes.substr(0, most_kept - kept.size()));
  };
  captured.outcome = run_raw(command, std::move(stop), deadline, keep);
  return captured;
}

std::string require_output(const Command& command, std::stop_token stop, Deadline deadline,
                           std::string what_failed, std::string next) {
  Captured captured = capture(command, std::move(stop), deadline);
  if (captured.ok()) return std::move(captured.out);
  std::string why = captured.outcome.described();
  std::string_view words = last_lines(captured.err, lines_of_a_failure);
  if (words.empty()) words = last_lines(captured.out, lines_of_a_failure);
  if (!words.empty()) why.append("\n").append(words);
  throw Error(std::move(what_failed), std::move(why), std::move(next));
}

}  // namespace belay
