#include "stand_in_host.hpp"

#include <fstream>

#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/files.hpp"
#include "base/line_reader.hpp"
#include "drivers/listed_tree.hpp"
#include "model/host_facts.hpp"
#include "model/notes.hpp"

namespace belay::testing {

namespace {

using namespace std::chrono_literals;

class StandInHost {
 public:
  explicit StandInHost(fs::path live) : live_(std::move(live)), own_(live_ / "stand-in") {}

  int serve() {
    if (fs::exists(own_))
      std::ofstream(own_ / "sessions", std::ios::app) << ::getpid() << " " << ::getppid() << "\n";
    say(wire::Hello{
        .version = "stand-in", .architecture = "any", .hostname = "stand-in-host", .clock = now()});
    LineReader lines(STDIN_FILENO);
    std::string line;
    while (lines.next(line, {}, Deadline::in(20s)) == LineReader::Status::line)
      std::visit([this](const auto& message) { hear(message); }, wire::decode_to_host(line));
    return 0;
  }

 private:
  static void say(const wire::ToController& message) {
    write_all(STDOUT_FILENO, wire::encode(message) + "\n");
  }

  void hear(const wire::Ping&) { say(wire::Pong{}); }

  void hear(const wire::Ask& ask) {
    if (ask.about == "facts") {
      HostFacts facts;
      facts.clock = now();
      facts.docker_version = stand_in_docker;
      facts.compose_version = "2.26.1";
      facts.rsync_version = "3.2.7";
      facts.path_exists = fs::exists(live_);
      facts.path_writable = true;
      facts.bytes_free = 100'000'000'000;
      if (ask.arguments.contains("environment"))
        facts.project = ProjectFacts{.name = "shop",
                                     .files = {"compose.yml"},
                                     .services = {"backend"},
                                     .ports = {3001},
                                     .wanted = {{"Dockerfile", "index.js"}, {"Dockerfile", "licence.key"}}};
      return say(wire::Answer{facts_to_json(facts)});
    }
    if (ask.about == "echo") return say(wire::Answer{ask.arguments});
    say(wire::Failure{
        .message = "no such question", .why = ask.about, .next = "ask another", .exit_code = 2});
  }

  void hear(const wire::Start& start) {
    const std::string held = read_file_if_exists(own_ / "held").value_or("");
    if (!held.empty())
      return say(
          wire::Held{.run = "other-run", .by = "ann@laptop", .since = now(), .waiting = held == "waiting"});
    say(wire::Started{run_});
    fs::create_directories(own_ / "source");
    add({event::Opened{
             .plan = start.plan, .run = run_, .nonce = nonce_, .previous = "", .belay_version = "stand-in"},
         event::StepBegan{StepName::sync}, noted_event(notes::LinkedTree{linked()}),
         event::Noted{StepName::sync, "link_destination", ""},
         event::Awaiting{"source", (own_ / "source").string(), 60s}});
  }

  void hear(const wire::Attach& attach) {
    const auto records = decode_journal(read_file_if_exists(journal()).value_or("")).records;
    if (records.empty())
      return say(wire::Failure{.message = "there was no deployment yet", .why = "", .next = ""});
    say(wire::Started{run_});
    for (const Record& record : records)
      if (record.number >= attach.from) say(wire::JournalRecord{record});
    number_ = records.back().number;
  }

  void hear(const wire::Tell& tell) {
    const auto records = decode_journal(read_file(journal())).records;
    const auto* const awaiting = std::get_if<event::Awaiting>(&records.back().event);
    if (tell.nonce != nonce_ || awaiting == nullptr || awaiting->what != tell.what) return;
    const event::Heard heard{tell.what, tell.ok, tell.detail};
    if (!tell.ok) return fail(heard, tell.detail);
    if (tell.change) {
      write_file_atomically(own_ / "change", *tell.change);
      if (fs::exists(own_ / "distrusts"))
        return add({heard, event::Awaiting{"source by rsync", (own_ / "source").string(), 60s}});
    }
    if (tell.what == "confirmation")
      return add({heard, event::Committed{run_},
                  event::Closed{.outcome = RunOutcome::deployed,
                                .serving = run_,
                                .checked = tell.detail,
                                .backup = "",
                                .message = "deployed"}});
    add({heard, event::StepDone{StepName::sync, 1ms, tell.detail}, event::StepBegan{StepName::verify},
         event::Awaiting{"confirmation", read_file(own_ / "url"), 60s}});
  }

  /// With the file `links` it has linked the tree that was shipped last.
  LinkedSource linked() const {
    if (!fs::exists(own_ / "links")) return {};
    return {.release = "before", .mark = mark_of(listed_tree(own_ / "source"))};
  }

  void hear(const wire::Unable&) {}

  void hear(const wire::Cancel& cancel) {
    if (cancel.nonce == nonce_) fail(event::Heard{"cancel", true, "from the controller"}, "cancelled");
  }

  void fail(const event::Heard& heard, const std::string& why) {
    add({heard,
         event::StepFailed{.step = StepName::sync,
                           .message = "failed",
                           .why = why,
                           .next = "",
                           .frames = {},
                           .container_log = {}},
         event::UndoBegan{StepName::sync}, event::UndoDone{StepName::sync, "removed"},
         event::Closed{.outcome = RunOutcome::rolled_back,
                       .serving = "",
                       .checked = "",
                       .backup = "",
                       .message = why}});
  }

  fs::path journal() const { return own_ / "journal"; }

  /// All are written before any is said: a real host goes on when its session is cut, too.
  void add(std::vector<Event> events) {
    std::vector<Record> records;
    std::string lines;
    for (Event& what : events) {
      records.push_back({.number = ++number_, .at = now(), .event = std::move(what)});
      lines += encode_line(records.back());
    }
    std::ofstream(journal(), std::ios::app) << lines;
    for (const Record& record : records) say(wire::JournalRecord{record});
  }

  fs::path live_, own_;
  std::uint64_t number_ = 0;
  std::string run_ = "20260112-103300-4f2a9c1", nonce_ = "0123456789abcdef";
};

}  // namespace

int stand_in_host_session(const std::filesystem::path& live) {
  return StandInHost(live).serve();
}

}  // namespace belay::testing
