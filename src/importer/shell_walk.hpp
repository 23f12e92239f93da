#pragma once

#include <map>
#include <string>
#include <vector>

#include "importer/command_words.hpp"
#include "importer/findings.hpp"
#include "importer/shell_lines.hpp"

namespace belay::importer {

inline constexpr int deepest_call = 10;  // scripts that call scripts, functions that call functions

/// What a command writes, as far as that can be said without running it.
struct ShellOutput {
  std::string text{};
  bool is_known = false, decoded = false;  // decoded: the text is base64, and its meaning is written
  int first_line = 0;                      // of a here-document
};

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
  struct Function {
    std::vector<ShellLine> body;
    std::string file;  // that it stands in
  };
  std::map<std::string, Function> functions{};
  std::map<std::string, std::vector<std::string>>
      ssh_hosts{};  // of a written ~/.ssh/config: address, user, port
  bool on_server = false;
  std::string server{};             // user@host:port of the login, as belay.yml has it; empty: not known
  std::vector<std::string> open{};  // scripts that are being read, the outermost first
  bool tells_tests = false;         // commands that are nothing else are the tests
  std::string directory{};          // absolute, or relative to where the shell began; "?": not known
  std::string test_directory{};
  std::vector<Loop> loops{};
  std::vector<Way> ways{};
  std::optional<std::string> case_value{};
  bool in_case_pattern = false, case_is_skipped = false;
  std::vector<std::pair<std::string, std::string>> ci_environment{},
      ci_outputs{};     // for the steps after this one
  ShellOutput input{};  // what the whole script is given, as by `… | ssh HOST script`
  int depth = 0;
};

/// Whether the command's failure is passed over: `|| true`.
bool is_hidden(const std::vector<ShellLine>&, std::size_t);

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
  static void shift(const std::vector<std::string>& words, ShellState&);

  void change_directory(const std::vector<std::string>&, const Place&, ShellState&);
  void git(const std::vector<std::string>&, const Place&, ShellState&);
  void rsync(const std::vector<std::string>&, const Place&, ShellState&);
  void tar(const Lines&, std::size_t, std::vector<std::string>, ShellState&);
  void git_archive(const std::vector<std::string>&, const Place&, const ShellState&);
  void unpacked(const std::string& file, const std::string& directory, const Place&, const ShellState&);
  const SourceFile* beside(std::string_view name, const ShellState&) const;
  bool make(const std::vector<std::string>&, ShellState&);
  bool package_script(const std::vector<std::string>&, ShellState&);
  void runner_command(const Lines&, std::size_t, const std::vector<std::string>&, const ShellState&);
  void scp(const std::vector<std::string>&, const Place&, ShellState&);
  void ssh(const Lines&, std::size_t, const std::vector<std::string>&, ShellState&);
  std::string destination(const std::string&, const std::string& port, const Place&, ShellState&);
  void remote(const Lines&, std::size_t, const std::vector<std::string>& command, const std::string& server,
              ShellState&);
  void docker(const Lines&, std::size_t, const std::vector<std::string>&, ShellState&);
  void compose(const Lines&, std::size_t, const std::vector<std::string>&, std::size_t from, ShellState&);
  void container_command(const Lines&, std::size_t, const Arguments&, std::string_view how, bool by_container,
                         ShellState&);
  void backup(const Lines&, std::size_t, const std::vector<std::string>& words, std::size_t program,
              const std::string& target, bool by_container, ShellState&);
  void login(const Lines&, std::size_t, const Arguments&, ShellState&);
  void curl(const ShellLine&, const std::vector<std::string>&, ShellState&);
  void rotation(const Lines&, std::size_t, const std::vector<std::string>&, ShellState&);
  bool piped_script(const Lines&, std::size_t, const std::vector<std::string>&, ShellState&);
  void script_file(const std::vector<std::string>&, const ShellLine&, ShellState&);
  const SourceFile* script_of_repository(const std::string& path, const ShellState&) const;
  void server_script(const std::vector<std::string>&, std::size_t word, const ShellLine&, ShellState&);
  std::string server_path(const std::string& typed, const ShellState&) const;
  /// How a script is run: its words from its own name on, and whether the same shell reads it.
  struct ScriptCall {
    std::string file, path;  // as places name it; what `$0` is there
    std::vector<std::string> words;
    bool is_sourced = false;
  };
  void script_text(std::string_view text, const ScriptCall&, const Place& at, ShellState&);
  bool handed_on(const std::string& target, const std::string& text, ShellState&);
  using Output = ShellOutput;
  Output input_of(const Lines&, std::size_t, ShellState&);
  Output output_of(const Lines&, std::size_t, ShellState&);
  Output output_of_group(const Lines&, std::size_t end, ShellState&);
  static std::string set_by_sed(const std::vector<std::string>& words);
  bool is_ssh_file(const std::string& target, const std::string& text, const Place&, ShellState&);
  bool written(const Lines&, std::size_t, const std::vector<std::string>&, ShellState&);
  std::string on_which_path(const std::string& target, const ShellState&) const;
  bool is_conditional(const Lines&, std::size_t, const ShellState&) const;
  void server_command(const Lines&, std::size_t, const std::vector<std::string>&, ShellState&);
  void hook(const Lines&, std::size_t, HookFound, const ShellState&);
  std::vector<std::string> words_with_sudo(std::vector<std::string>,
                                           const std::vector<std::string>& more) const;
  void deletes(const std::string& what, const Place&);

  const Repository& repository_;
  Findings& out_;
  std::size_t steps_ = 0;
  bool with_sudo_ = false;  // the command that is read
};

}  // namespace belay::importer
