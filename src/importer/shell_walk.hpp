#pragma once

#include <map>
#include <string>
#include <vector>

#include "importer/command_words.hpp"
#include "importer/findings.hpp"
#include "importer/shell_lines.hpp"

namespace belay::importer {

/// What a shell knows while its script is read. One shell runs all pieces of a step.
struct ShellState {
  struct Loop {
    std::optional<int> attempts;
    std::string interval;
    std::size_t first_health = 0;
    bool endless = false;  // while, until: a counter in it may say when it ends
    int count_from = 1;
  };
  enum class Way { unknown, taken, skipped };

  Place at{};  // the file that is read
  Scope variables{};
  std::map<std::string, std::vector<std::string>> arrays{};
  std::map<std::string, std::vector<ShellLine>> functions{};
  std::map<std::string, std::vector<std::string>>
      ssh_hosts{};  // of a written ~/.ssh/config: address, user, port
  bool on_server = false;
  bool tells_tests = false;  // commands that are nothing else are the tests
  std::string directory{};   // absolute, or relative to where the shell began; "?": not known
  std::string test_directory{};
  std::vector<Loop> loops{};
  std::vector<Way> ways{};
  std::optional<std::string> case_value{};
  bool in_case_pattern = false, case_is_skipped = false;
  std::vector<std::pair<std::string, std::string>> ci_environment{},
      ci_outputs{};  // for the steps after this one
  int depth = 0;
};

/// Reads a script and adds what it does to the findings.
class ShellWalk {
 public:
  ShellWalk(const Repository& repository, Findings& out) : repository_(repository), out_(out) {}
  void read(std::string_view script, int first_line, ShellState&);

 private:
  using Lines = std::vector<ShellLine>;
  void lines(const Lines&, ShellState&);
  std::size_t function_at(const Lines&, std::size_t, ShellState&);
  bool control(const Lines&, std::size_t, ShellState&);
  void condition(const ShellLine&, ShellState&);
  void begin_loop(const ShellLine&, ShellState&);
  void end_loop(ShellState&);
  void bound(const std::vector<std::string>& words, ShellState&);
  void command(const Lines&, std::size_t, ShellState&);
  void known_command(const Lines&, std::size_t, const std::vector<std::string>&, ShellState&);
  bool on_server_or_here(const Lines&, std::size_t, const std::vector<std::string>&, ShellState&);
  void inside_substitutions(const ShellLine&, ShellState&);
  void assign(const ShellLine&, ShellState&, bool exported);
  std::vector<std::string> words_of(const std::vector<std::string>&, ShellState&);
  std::string text_of(std::string_view, ShellState&);
  Place place(const ShellLine& line, const ShellState& state) const { return {state.at.file, line.line}; }
  std::string path_of(const std::string&, const ShellState&) const;

  void change_directory(const std::vector<std::string>&, const Place&, ShellState&);
  void git(const std::vector<std::string>&, const Place&, ShellState&);
  void rsync(const std::vector<std::string>&, const Place&, ShellState&);
  void scp(const std::vector<std::string>&, const Place&, ShellState&);
  void ssh(const Lines&, std::size_t, const std::vector<std::string>&, ShellState&);
  void destination(const std::string&, const std::string& port, const Place&, ShellState&);
  void remote(const Lines&, std::size_t, const std::vector<std::string>& command, ShellState&);
  void docker(const Lines&, std::size_t, const std::vector<std::string>&, ShellState&);
  void compose(const Lines&, std::size_t, const std::vector<std::string>&, std::size_t from, ShellState&);
  void container_command(const Lines&, std::size_t, const Arguments&, std::string_view how, bool by_container,
                         ShellState&);
  void backup(const Lines&, std::size_t, const std::vector<std::string>& words, std::size_t program,
              const std::string& target, bool by_container, ShellState&);
  void login(const Lines&, std::size_t, const Arguments&, ShellState&);
  void curl(const ShellLine&, const std::vector<std::string>&, ShellState&);
  void rotation(const Lines&, std::size_t, const std::vector<std::string>&, ShellState&);
  void script_file(const std::vector<std::string>&, std::size_t, const ShellLine&, ShellState&);
  bool handed_on(const std::string& target, const std::string& text, ShellState&);
  bool written(const ShellLine&, const std::vector<std::string>&, ShellState&);
  void deletes(const std::string& what, const Place&);

  const Repository& repository_;
  Findings& out_;
  std::size_t steps_ = 0;
};

}  // namespace belay::importer
