#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/config.hpp"
#include "model/config_keys.hpp"
#include "model/config_values.hpp"
#include "model/json_archive.hpp"
#include "model/problem.hpp"
#include "model/time_zone.hpp"
#include "model/variables.hpp"
#include "model/yaml.hpp"

namespace belay {

/// What all sections of one file share while it is read: where mistakes go, and how strict the part at hand
/// is.
class Reading {
 public:
  Reading(std::string file, const std::string& text, VariableLookup lookup);

  void report(Location, std::string message, std::string remedy = {});
  void add(Problems more);
  /// The scalar's text with its variables expanded; empty if they cannot be, which is then reported (an unset
  /// variable only where variables_needed; one of a command only where a release is made). Notes which
  /// variables are shown, and the values of the others. Only those others may be secrets of the environment's
  /// sources.
  std::optional<std::string> expanded(const YamlNode& scalar, Variables);
  void report_in(const YamlNode& scalar, const Expanded::Fault&);
  /// The values of the texts that were kept as they are written, and forgets them.
  Values take_kept_values() { return std::exchange(kept_, {}); }
  void give_back(Values values) { kept_ = std::move(values); }
  const Values& kept_values() const { return kept_; }
  /// Whether the value is seen anyway: the variable stands in a key that is shown, or the value in the file.
  bool is_shown(const std::string& variable, const std::string& value) const;
  /// The variable's value; empty if it has none, which is reported where variables_needed.
  std::optional<std::string> variable(const std::string& name, Location);
  /// All mistakes in the file's order, each once and with its line; leaves none behind.
  Problems take_problems();

  bool keys_needed = true;       // a missing required key is a mistake
  bool variables_needed = true;  // so is a variable that is not set
  bool release_needed = true;    // also one that only a release needs
  ZoneLookup zones{};            // may be empty
  bool spare = false;            // who only goes back does without the values of the part at hand

  /// The sources of the environment at hand, what they gave, and what they are needed for.
  SecretSources sources{};
  const Values* secrets = nullptr;  // null while needed secrets are only noted, in needed_secrets
  std::vector<NeededSecret> needed_secrets{};

 private:
  std::string line(int number) const;
  Location location_of(const std::string& fragment, Location scalar) const;
  std::optional<std::string> value_of(const std::string& name, Variables) const;
  void report_unset(const YamlNode& scalar, Expanded::Fault, Variables);
  bool notes_needed(const YamlNode& scalar, Variables);
  bool must_be_set(Variables) const;

  std::string file_;
  std::vector<std::string> lines_;
  VariableLookup lookup_;
  Problems problems_;
  std::set<std::string> shown_;
  Values kept_;
};

/// Reads one mapping of the file by the table of its keys. A value that is wrong is reported and leaves
/// `into` as it was, and so does a missing one; a key that the table does not have is reported at
/// construction.
class SectionReader {
 public:
  /// `at`: where to say that a required key is missing.
  SectionReader(Reading&, std::string section, const YamlNode& mapping, Location at);

  bool has(std::string_view name) const { return node_.find(name) != nullptr; }
  Location location_of(std::string_view name) const;

  /// A text that `check` turns into a value.
  template <class T, class Into>
  void text(std::string_view name, Into& into, Value<T> (*check)(std::string_view)) {
    if (const YamlNode* node = find(name)) take(name, *node, into, check);
  }
  void number(std::string_view name, int& into);
  void duration(std::string_view name, std::chrono::milliseconds& into);
  void boolean(std::string_view name, bool& into);
  template <NamedEnum E>
  void choice(std::string_view name, E& into) {
    if (const auto chosen = chosen_text(name)) into = value_named<E>(*chosen).value_or(into);
  }
  /// One for all, or one for each service of a mapping.
  template <NamedEnum E>
  void choice_by_service(std::string_view name, E& into,
                         std::vector<std::pair<std::string, E>>& of_services) {
    const YamlNode* node = node_.find(name);
    if (node == nullptr || node->kind != YamlNode::Kind::mapping) return choice(name, into);
    find(name);  // it is known, and may be empty
    for (const YamlEntry& entry : node->entries)
      if (const auto chosen = chosen_text(name, entry.value))
        if (const auto value = value_named<E>(*chosen)) of_services.emplace_back(entry.key, *value);
  }
  /// Texts, each once.
  void texts(std::string_view name, std::vector<std::string>& into,
             Value<std::string> (*check)(std::string_view));
  /// As texts; a lone text is a list of one.
  void one_or_more(std::string_view name, std::vector<std::string>& into,
                   Value<std::string> (*check)(std::string_view));
  /// Of texts in whose place there may be a section: that section. Empty where there is none.
  std::optional<SectionReader> section_instead(std::string_view name);
  /// Names of variables, with their values.
  void variables(std::string_view name, std::map<std::string, std::string>& into);
  void commands(std::string_view name, std::vector<TestStep>& into);
  /// One number, or a list of them.
  void numbers(std::string_view name, std::vector<int>& into);
  /// A mapping of names to texts. What is wrong with a text is said without showing it: it may be a secret.
  void texts_by_name(std::string_view name, std::vector<std::pair<std::string, std::string>>& into,
                     Value<std::string> (*check)(std::string_view),
                     Value<std::string> (*check_name)(std::string_view));
  /// A text for a shell goes into `text`, a list into `words`.
  void command(std::string_view name, std::string& text, std::vector<std::string>& words);
  /// Empty if it is missing, `off`, or no mapping (which is reported).
  std::optional<SectionReader> section(std::string_view name);
  /// Each entry's name, which `check` takes, and its section.
  void by_name(std::string_view name, Value<std::string> (*check)(std::string_view),
               const std::function<void(const std::string&, SectionReader)>& each);
  /// Of a section that may be a list: each of its sections. Empty as section() is.
  std::vector<SectionReader> sections(std::string_view name);
  /// Of a section by service: the sections of services that stand in it, by name.
  std::vector<std::pair<std::string, SectionReader>> service_sections();
  /// The mapping of names to environments; null if it is missing or none.
  const YamlNode* environments(std::string_view name);

 private:
  const ConfigKey& key(std::string_view name) const;
  /// The value under a key; reports one that is required and missing, or empty.
  const YamlNode* find(std::string_view name);
  std::optional<std::string> scalar(std::string_view name, const YamlNode&);
  /// Of a key whose text is kept, or a command: puts what is written in the place of what was checked.
  void keep_template(std::string_view name, const YamlNode&, std::string& value);
  void refuse_variables_in_arguments(std::string_view name, const YamlNode& list);
  std::optional<std::string> chosen_text(std::string_view name);
  std::optional<std::string> chosen_text(std::string_view name, const YamlNode&);
  template <class T>
  std::optional<T> ranged(std::string_view name, Value<T> (*check)(std::string_view),
                          std::string (*shown)(std::int64_t), std::int64_t (*as_number)(T));
  template <class T>
  std::optional<T> ranged(std::string_view name, const YamlNode&, Value<T> (*check)(std::string_view),
                          std::string (*shown)(std::int64_t), std::int64_t (*as_number)(T));
  std::optional<SectionReader> section_at(std::string_view name, const YamlNode&);
  std::optional<TestStep> command_group(std::string_view name, const YamlNode&);
  std::vector<std::string> list(std::string_view name, const YamlNode&,
                                Value<std::string> (*check)(std::string_view));
  void report_twice(std::string_view name, const YamlNode& list);
  SectionReader inner(std::string_view name, const YamlNode& mapping) const;
  void report_unknown_keys();
  void wrong(std::string_view name, const YamlNode&, const ValueFault&);

  template <class T, class Into>
  void take(std::string_view name, const YamlNode& node, Into& into, Value<T> (*check)(std::string_view)) {
    const auto text = scalar(name, node);
    if (!text) return;
    if (auto value = check(*text)) {
      if constexpr (std::is_same_v<T, std::string>) keep_template(name, node, *value);
      into = std::move(*value);
    } else {
      wrong(name, node, value.error());
    }
  }

  Reading& reading_;
  std::string section_;
  const YamlNode& node_;
  Location at_;
};

}  // namespace belay
