#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belay::importer {

/// The words of a command after its options, and the options with their values. `with_value`: the options
/// that take the next word.
struct Arguments {
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<std::string> words;

  bool has(std::initializer_list<std::string_view> names) const;
  std::string value(std::initializer_list<std::string_view> names) const;  // of the last of them
  std::vector<std::string> values(std::initializer_list<std::string_view> names) const;
};

/// `stops`: the first word that is no option ends the options; all that follow are words.
Arguments arguments_of(const std::vector<std::string>& words, std::size_t from,
                       std::initializer_list<std::string_view> with_value, bool stops);

/// The words as a shell takes them: in quotes where they need them.
std::string shell_text(const std::vector<std::string>& words);
std::string joined(const std::vector<std::string>& words, std::size_t from = 0);  // with blanks

/// What is known of a command by its words.
bool is_migration(std::string_view command);
/// A migration's cousin that deletes or makes data.
bool is_dangerous(std::string_view command);
/// It makes data at each run.
bool is_seed(std::string_view command);
/// It makes files that are in no commit: dist, a jar.
bool is_build(std::string_view command);
/// It installs what builds and tests need.
bool is_install(std::string_view command);
/// Programs that set a server up once: packages, users, a firewall.
bool prepares_server(std::string_view program);
/// Commands of a workflow that check nothing and change nothing that belay is about: echo, ls, sleep.
bool says_nothing(std::string_view program);

}  // namespace belay::importer
