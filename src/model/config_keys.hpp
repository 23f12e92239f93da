#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace belay {

/// What a key's value may be.
enum class ValueKind {
  text,
  number,    // whole, between `least` and `most`
  duration,  // between `least` and `most` milliseconds
  boolean,
  choice,         // one of `choices`; with `by_service` a mapping from services to such, too
  texts,          // a list of text
  one_or_more,    // a text, or a list of text
  variables,      // a list of names of the caller's environment
  numbers,        // one number between `least` and `most`, or a list of them
  texts_by_name,  // a mapping of names to texts
  command,        // a text for a shell, or a list: a program and its arguments
  commands,       // the gate: a command, or a list of commands and `parallel` groups
  section,        // a mapping whose keys are those of the section of this name
  by_registry,    // a mapping from a registry's name to the section of this name
  by_path,        // a mapping from a file's path to the section of this name, or a list for its first key
  environments    // a mapping from a name to the section `environment`
};

/// What becomes of `${NAME}` in a key's text.
enum class Variables {
  none,    // it holds no text of its own, or names that are none: `${` is a mistake
  shown,   // the value takes its place when the file is read, and is seen wherever the key is
  kept,    // the text stays as it is written until it is used; the value is a secret
  command  // the value is a secret, and the command finds it in its environment (model/shell_command.hpp)
};

/// Each key says what becomes of its variables: there is no default, so a key that does not say it does not
/// compile.
struct VariablesOfKey {
  consteval VariablesOfKey(Variables said) : value(said) {}  // NOLINT(google-explicit-constructor)
  Variables value;
};

/// One key of belay.yml. The parser reads this table; docs/reference/belay-yml.md and belay.schema.json are
/// held against it by tests, so neither can drift.
struct ConfigKey {
  std::string_view section;  // "" is the top level
  std::string_view name;
  ValueKind kind;
  VariablesOfKey variables;
  bool required;
  std::string_view fallback;  // the default, as people read it
  std::string_view example;   // as YAML
  std::string_view meaning;   // one or two sentences
  std::int64_t least = 0, most = 0;
  std::string_view choices{};    // "a, b"
  std::string_view shorthand{};  // of a section: the key that a lone text stands for
  bool may_be_off = false;       // `off` in place of the section says: none, whatever the top level says
  bool may_be_list = false;      // of a section: a list of such sections, too
  /// Of a section: a further key whose value is a mapping names a compose service, and that mapping is such a
  /// section of its own. It takes from this one what it does not say itself.
  bool by_service = false;
  /// Of texts: in their place there may be a mapping, which is the section of this name.
  bool or_section = false;
  /// Of a section: the section whose keys it has, where several sections have the same keys.
  std::string_view keys_of{};
};

std::span<const ConfigKey> config_keys();
/// Null if the section has no such key.
const ConfigKey* config_key(std::string_view section, std::string_view name);
/// The section whose keys may stand in an environment and, for all of them, at the top level too.
inline constexpr std::string_view shared_section = "shared";
/// In the table's order; those of "shared" come with "" and "environment".
std::vector<std::string> config_key_names(std::string_view section);
std::vector<std::string> choices_of(const ConfigKey&);

}  // namespace belay
