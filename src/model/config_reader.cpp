#include "model/config_reader.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "base/nearest.hpp"
#include "model/secrets.hpp"
#include "model/shell_command.hpp"
#include "model/utf8.hpp"

namespace belay {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string with_suggestion(std::string_view word, const std::vector<std::string>& allowed,
                            std::string_view lead) {
  const auto meant = nearest(word, allowed);
  return (meant ? fmt::format("did you mean '{}'? ", *meant) : std::string()) +
         fmt::format("{}: {}", lead, joined(allowed));
}

std::int64_t count_of(std::chrono::milliseconds duration) {
  return duration.count();
}
std::int64_t itself(std::int64_t number) {
  return number;
}
std::string shown_milliseconds(std::int64_t count) {
  return shown_duration(std::chrono::milliseconds(count));
}
std::string shown_number(std::int64_t number) {
  return std::to_string(number);
}

}  // namespace

Reading::Reading(std::string file, const std::string& text, VariableLookup lookup)
    : file_(std::move(file)), lookup_(std::move(lookup)) {
  for (std::size_t begin = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    lines_.push_back(std::move(line));
    begin = end + 1;
  }
}

std::string Reading::line(int number) const {
  const auto index = static_cast<std::size_t>(number) - 1;
  return number > 0 && index < lines_.size() ? lines_[index] : std::string();
}

/// Where `fragment` of a scalar stands: exactly if it is on the scalar's first line, else the scalar's start.
Location Reading::location_of(const std::string& fragment, Location scalar) const {
  const std::string text = line(scalar.line);
  const auto next = [&](std::size_t byte) {
    return byte + std::max<std::size_t>(1, utf8_sequence_length(std::string_view(text).substr(byte)));
  };
  std::size_t byte = 0;
  int column = 1;
  for (; column < scalar.column && byte < text.size(); ++column) byte = next(byte);
  const std::size_t found = text.find(fragment, byte);
  if (found == std::string::npos) return scalar;
  for (; byte < found; ++column) byte = next(byte);
  return {scalar.line, column};
}

void Reading::report(Location at, std::string message, std::string remedy) {
  problems_.push_back({file_, at, std::move(message), std::move(remedy), {}});
}

void Reading::add(Problems more) {
  problems_.insert(problems_.end(), more.begin(), more.end());
}

void Reading::report_in(const YamlNode& scalar, const Expanded::Fault& fault) {
  const std::string rest = scalar.text.substr(fault.offset);
  const std::size_t end = rest.find('}');
  report(location_of(rest.substr(0, end == std::string::npos ? 2 : end + 1), scalar.at), fault.message,
         fault.remedy);
}

/// What is shown takes no secrets: their values would be seen.
bool may_be_secret(Variables becomes) {
  return becomes == Variables::kept || becomes == Variables::command;
}

std::optional<std::string> Reading::value_of(const std::string& name, Variables becomes) const {
  if (auto value = lookup_(name)) return value;
  if (secrets == nullptr || !may_be_secret(becomes)) return std::nullopt;
  return lookup_in(*secrets)(name);
}

void Reading::report_unset(const YamlNode& scalar, Expanded::Fault fault, Variables becomes) {
  if (sources.any() && !may_be_secret(becomes))
    fault.remedy += "; a key whose value is shown takes none from 'secrets'";
  else
    fault.remedy += or_into_file(sources);
  report_in(scalar, fault);
}

/// Where no release is made, commands are not run, and what is spare is left out.
bool Reading::must_be_set(Variables becomes) const {
  return release_needed || (becomes != Variables::command && !spare);
}

/// While secrets are noted: notes those of the text. A command whose variables have no value yet stays as it
/// is written.
bool Reading::notes_needed(const YamlNode& scalar, Variables becomes) {
  if (secrets != nullptr || !sources.any() || !variables_needed || !may_be_secret(becomes)) return false;
  for (const auto& name : variables_in(scalar.text))
    if (!lookup_(name))
      needed_secrets.push_back({name, location_of("${" + name + "}", scalar.at), must_be_set(becomes)});
  return true;
}

std::optional<std::string> Reading::expanded(const YamlNode& scalar, Variables becomes) {
  Expanded expanded =
      expand_variables(scalar.text, [&](const std::string& name) { return value_of(name, becomes); });
  for (const auto& fault : expanded.malformed) report_in(scalar, fault);
  const bool noted = notes_needed(scalar, becomes);
  if (!noted && variables_needed && must_be_set(becomes))
    for (const auto& fault : expanded.unset) report_unset(scalar, fault, becomes);
  for (const auto& name : variables_in(scalar.text)) {
    if (becomes == Variables::shown && lookup_(name)) shown_.insert(name);
    if (may_be_secret(becomes))
      if (auto value = value_of(name, becomes)) kept_[name] = std::move(*value);
  }
  // A command that is not run now is read all the same: a rollback looks at what its hooks still need.
  const bool as_written = noted && becomes == Variables::command;
  const bool unset_matters = !as_written && (release_needed || becomes != Variables::command);
  if (!expanded.malformed.empty() || (unset_matters && !expanded.unset.empty())) return std::nullopt;
  return std::move(expanded.text);
}

bool Reading::is_shown(const std::string& variable, const std::string& value) const {
  return shown_.contains(variable) || std::ranges::any_of(lines_, [&](const std::string& line) {
           return !value.empty() && line.contains(value);
         });
}

std::optional<std::string> Reading::variable(const std::string& name, Location at) {
  auto value = lookup_(name);
  if (value) shown_.insert(name);
  if (!value && variables_needed)
    report(at, fmt::format("the variable {} is not set", name),
           fmt::format("set it in the environment: export {}=...", name));
  return value;
}

Problems Reading::take_problems() {
  std::multimap<std::pair<int, int>, Problem> in_order;  // of one place: in the order they were found
  for (Problem& problem : std::exchange(problems_, {})) {
    const std::pair place{problem.at.line, problem.at.column};
    in_order.emplace(place, std::move(problem));
  }
  // What the top level says is read once for each environment; its mistakes are one.
  std::set<std::tuple<int, int, std::string>> seen;
  Problems all;
  for (auto& [place, problem] : in_order) {
    if (!seen.emplace(place.first, place.second, problem.message).second) continue;
    problem.line_text = line(problem.at.line);
    all.push_back(std::move(problem));
  }
  return all;
}

SectionReader::SectionReader(Reading& reading, std::string section, const YamlNode& mapping, Location at)
    : reading_(reading), section_(std::move(section)), node_(mapping), at_(at) {
  report_unknown_keys();
}

void SectionReader::report_unknown_keys() {
  const std::vector<std::string> allowed = config_key_names(section_);
  const ConfigKey* own = config_key(shared_section, section_);
  const bool by_service = own != nullptr && own->by_service;
  for (const YamlEntry& entry : node_.entries) {
    if (std::find(allowed.begin(), allowed.end(), entry.key) != allowed.end()) continue;
    if (by_service && entry.value.kind == YamlNode::Kind::mapping) continue;
    std::string remedy = with_suggestion(entry.key, allowed, "allowed here");
    if (section_.empty() && config_key("environment", entry.key) != nullptr)
      remedy = fmt::format("'{}' is an environment's: it goes under environments", entry.key);
    else if (section_ == "environment" && config_key("", entry.key) != nullptr)
      remedy = fmt::format("'{}' goes to the top level of the file", entry.key);
    reading_.report(entry.at, fmt::format("unknown key '{}'", entry.key), std::move(remedy));
  }
}

const ConfigKey& SectionReader::key(std::string_view name) const {
  if (const auto* own = config_key(section_, name)) return *own;
  const bool takes_shared = section_.empty() || section_ == "environment";
  const auto* shared = takes_shared ? config_key(shared_section, name) : nullptr;
  if (shared == nullptr)
    throw std::logic_error(fmt::format("the table of keys has no {}.{}", section_, name));
  return *shared;
}

Location SectionReader::location_of(std::string_view name) const {
  const YamlEntry* entry = node_.find_entry(name);
  return entry == nullptr ? at_ : entry->value.at;
}

const YamlNode* SectionReader::find(std::string_view name) {
  const ConfigKey& known = key(name);
  const YamlEntry* entry = node_.find_entry(name);
  if (entry == nullptr) {
    if (known.required && reading_.keys_needed)
      reading_.report(at_, fmt::format("'{}' is missing", name),
                      fmt::format("for example {}: {}", name, known.example));
    return nullptr;
  }
  if (entry->value.is_null()) {
    reading_.report(entry->at, fmt::format("'{}' has no value", name),
                    fmt::format("remove the key, or for example {}: {}", name, known.example));
    return nullptr;
  }
  return &entry->value;
}

void SectionReader::wrong(std::string_view name, const YamlNode& node, const ValueFault& fault) {
  reading_.report(node.at, fmt::format("'{}' {}", name, fault.message), fault.remedy);
}

std::optional<std::string> SectionReader::scalar(std::string_view name, const YamlNode& node) {
  if (node.kind == YamlNode::Kind::scalar) {
    const auto becomes = key(name).variables.value;
    if (becomes != Variables::none || !node.text.contains("${")) return reading_.expanded(node, becomes);
    wrong(name, node, {"cannot hold a variable", fmt::format("for example {}: {}", name, key(name).example)});
    return std::nullopt;
  }
  wrong(name, node,
        {fmt::format("must be one value, but is {}", node.described()),
         fmt::format("for example {}: {}", name, key(name).example)});
  return std::nullopt;
}

void SectionReader::keep_template(std::string_view name, const YamlNode& node, std::string& value) {
  const auto becomes = key(name).variables.value;
  if (becomes == Variables::command)
    for (const auto& fault : shell_faults(node.text)) reading_.report_in(node, fault);
  if (becomes == Variables::command || becomes == Variables::kept) value = node.text;
}

/// The list of processes shows a program's arguments to everybody on the machine.
void SectionReader::refuse_variables_in_arguments(std::string_view name, const YamlNode& list) {
  for (const YamlNode& item : list.items)
    for (const auto& piece : pieces_of(item.text))
      if (piece.kind == TemplatePiece::Kind::variable)
        reading_.report_in(
            item,
            {piece.offset,
             fmt::format("'{}' is a list, and its arguments are seen by everybody on the server: ${{{}}} "
                         "cannot stand there",
                         name, piece.text),
             "write the command as a text: sh then finds the value in its environment"});
}

template <class T>
std::optional<T> SectionReader::ranged(std::string_view name, Value<T> (*check)(std::string_view),
                                       std::string (*shown)(std::int64_t), std::int64_t (*as_number)(T)) {
  const YamlNode* node = find(name);
  return node == nullptr ? std::nullopt : ranged(name, *node, check, shown, as_number);
}

template <class T>
std::optional<T> SectionReader::ranged(std::string_view name, const YamlNode& node,
                                       Value<T> (*check)(std::string_view),
                                       std::string (*shown)(std::int64_t), std::int64_t (*as_number)(T)) {
  const auto text = scalar(name, node);
  if (!text) return std::nullopt;
  const ConfigKey& known = key(name);
  const auto value = check(*text);
  if (!value) {
    wrong(name, node, {fmt::format("{}, not '{}'", value.error().message, *text), value.error().remedy});
    return std::nullopt;
  }
  if (as_number(*value) < known.least || as_number(*value) > known.most) {
    wrong(name, node,
          {fmt::format("must be from {} to {}, not {}", shown(known.least), shown(known.most), *text), {}});
    return std::nullopt;
  }
  return *value;
}

void SectionReader::number(std::string_view name, int& into) {
  if (const auto value = ranged<std::int64_t>(name, whole_number_value, shown_number, itself))
    into = static_cast<int>(*value);
}

void SectionReader::duration(std::string_view name, std::chrono::milliseconds& into) {
  if (const auto value =
          ranged<std::chrono::milliseconds>(name, duration_value, shown_milliseconds, count_of))
    into = *value;
}

void SectionReader::numbers(std::string_view name, std::vector<int>& into) {
  const YamlNode* node = find(name);
  if (node == nullptr) return;
  const bool list = node->kind == YamlNode::Kind::sequence;
  if (list && node->items.empty())
    return wrong(name, *node,
                 {"must not be empty", fmt::format("for example {}: {}", name, key(name).example)});
  std::vector<int> found;
  for (const YamlNode& item : list ? node->items : std::vector{*node})
    if (const auto value = ranged<std::int64_t>(name, item, whole_number_value, shown_number, itself))
      found.push_back(static_cast<int>(*value));
  into = std::move(found);
}

void SectionReader::texts_by_name(std::string_view name,
                                  std::vector<std::pair<std::string, std::string>>& into,
                                  Value<std::string> (*check)(std::string_view),
                                  Value<std::string> (*check_name)(std::string_view)) {
  const YamlNode* node = find(name);
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::mapping)
    return wrong(name, *node,
                 {fmt::format("must be a mapping of names to texts, but is {}", node->described()),
                  fmt::format("for example {}: {}", name, key(name).example)});
  for (const YamlEntry& entry : node->entries) {
    if (const auto named = check_name(entry.key); !named) {
      reading_.report(entry.at, fmt::format("'{}' {}", name, named.error().message), named.error().remedy);
      continue;
    }
    const auto text = scalar(name, entry.value);
    if (!text) continue;
    auto value = check(*text);
    if (!value) {
      wrong(name, entry.value,
            {fmt::format("has a value for '{}' that {}", entry.key, value.error().message),
             value.error().remedy});
      continue;
    }
    keep_template(name, entry.value, *value);
    into.emplace_back(entry.key, std::move(*value));
  }
}

void SectionReader::command(std::string_view name, std::string& text, std::vector<std::string>& words) {
  const YamlNode* node = find(name);
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::sequence) return take(name, *node, text, command_value);
  if (node->items.empty())
    return wrong(name, *node,
                 {"must not be empty", fmt::format("for example {}: {}", name, key(name).example)});
  refuse_variables_in_arguments(name, *node);
  words = list(name, *node, line_value);
  for (std::string& word : words) word = filled(word, {});  // no shell undoes `$$`
}

void SectionReader::boolean(std::string_view name, bool& into) {
  const YamlNode* node = find(name);
  if (node == nullptr) return;
  const auto text = scalar(name, *node);
  if (!text) return;
  if (const auto value = boolean_value(*text))
    into = *value;
  else
    wrong(name, *node, {fmt::format("must be true or false, not '{}'", *text), {}});
}

std::optional<std::string> SectionReader::chosen_text(std::string_view name) {
  const YamlNode* node = find(name);
  return node == nullptr ? std::nullopt : chosen_text(name, *node);
}

std::optional<std::string> SectionReader::chosen_text(std::string_view name, const YamlNode& node) {
  auto text = scalar(name, node);
  if (!text) return std::nullopt;
  const auto choices = choices_of(key(name));
  if (std::find(choices.begin(), choices.end(), *text) != choices.end()) return text;
  wrong(name, node, {fmt::format("cannot be '{}'", *text), with_suggestion(*text, choices, "allowed")});
  return std::nullopt;
}

std::vector<std::string> SectionReader::list(std::string_view name, const YamlNode& node,
                                             Value<std::string> (*check)(std::string_view)) {
  std::vector<std::string> values;
  for (const YamlNode& item : node.items) {
    std::optional<std::string> value;
    take(name, item, value, check);
    if (value) values.push_back(std::move(*value));
  }
  return values;
}

void SectionReader::texts(std::string_view name, std::vector<std::string>& into,
                          Value<std::string> (*check)(std::string_view)) {
  const YamlNode* node = find(name);
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::sequence) {
    wrong(name, *node,
          {fmt::format("must be a list, but is {}", node->described()),
           fmt::format("for example {}: {}", name, key(name).example)});
    return;
  }
  if (node->items.empty() && key(name).required)
    wrong(name, *node, {"must not be empty", fmt::format("for example {}: {}", name, key(name).example)});
  report_twice(name, *node);
  into = list(name, *node, check);
}

void SectionReader::report_twice(std::string_view name, const YamlNode& list) {
  std::set<std::string> seen;
  for (const YamlNode& item : list.items)
    if (item.kind == YamlNode::Kind::scalar && !seen.insert(item.text).second)
      wrong(name, item, {fmt::format("has '{}' twice", item.text), {}});
}

void SectionReader::one_or_more(std::string_view name, std::vector<std::string>& into,
                                Value<std::string> (*check)(std::string_view)) {
  const YamlNode* node = find(name);
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::scalar) return texts(name, into, check);
  std::optional<std::string> value;
  take(name, *node, value, check);
  if (value) into = {std::move(*value)};
}

std::optional<SectionReader> SectionReader::section_instead(std::string_view name) {
  const YamlNode* node = node_.find(name);
  if (node == nullptr || node->kind != YamlNode::Kind::mapping || !key(name).or_section) return std::nullopt;
  return inner(name, *node);
}

void SectionReader::variables(std::string_view name, std::map<std::string, std::string>& into) {
  std::vector<std::string> names;
  texts(name, names, variable_name_value);
  const YamlNode* node = node_.find(name);
  for (const auto& variable : names) {
    const auto written = std::ranges::find(node->items, variable, &YamlNode::text);
    if (const auto value = reading_.variable(variable, written == node->items.end() ? node->at : written->at))
      into[variable] = *value;
  }
}

std::optional<TestStep> SectionReader::command_group(std::string_view name, const YamlNode& node) {
  if (node.kind == YamlNode::Kind::scalar) {
    std::optional<std::string> command;
    take(name, node, command, command_value);
    return command ? std::optional(TestStep{{*command}}) : std::nullopt;
  }
  const YamlNode* parallel = node.find("parallel");
  if (parallel == nullptr || node.entries.size() != 1 || parallel->kind != YamlNode::Kind::sequence ||
      parallel->items.empty()) {
    wrong(name, node,
          {"has a step that is neither a command nor a group of commands",
           "write a command, or { parallel: [one command, another] }"});
    return std::nullopt;
  }
  return TestStep{list(name, *parallel, command_value)};
}

void SectionReader::commands(std::string_view name, std::vector<TestStep>& into) {
  const YamlNode* node = find(name);
  if (node == nullptr) return;
  std::vector<TestStep> steps;
  const auto add = [&](const YamlNode& item) {
    if (auto step = command_group(name, item)) steps.push_back(std::move(*step));
  };
  if (node->kind == YamlNode::Kind::sequence)
    std::for_each(node->items.begin(), node->items.end(), add);
  else
    add(*node);
  into = std::move(steps);
}

std::optional<SectionReader> SectionReader::section(std::string_view name) {
  const YamlNode* node = find(name);
  return node == nullptr ? std::nullopt : section_at(name, *node);
}

std::optional<SectionReader> SectionReader::section_at(std::string_view name, const YamlNode& node) {
  const ConfigKey& known = key(name);
  if (node.kind == YamlNode::Kind::mapping) return inner(name, node);
  if (known.may_be_off && is_off(node)) return std::nullopt;
  wrong(name, node,
        {fmt::format("must be a mapping{}, but is {}", known.may_be_off ? " or off" : "", node.described()),
         fmt::format("for example {}: {}", name, known.example)});
  return std::nullopt;
}

SectionReader SectionReader::inner(std::string_view name, const YamlNode& mapping) const {
  if (const auto& keys = key(name).keys_of; !keys.empty())
    return {reading_, std::string(keys), mapping, mapping.at};
  const bool nested = !section_.empty() && section_ != "environment";
  return {reading_, (nested ? section_ + "." : std::string()) + std::string(name), mapping, mapping.at};
}

void SectionReader::by_name(std::string_view name, Value<std::string> (*check)(std::string_view),
                            const std::function<void(const std::string&, SectionReader)>& each) {
  const YamlNode* node = find(name);
  if (node == nullptr) return;
  const auto example = fmt::format("for example {}: {}", name, key(name).example);
  if (node->kind != YamlNode::Kind::mapping)
    return wrong(name, *node, {fmt::format("must be a mapping, but is {}", node->described()), example});
  for (const YamlEntry& entry : node->entries) {
    const auto known = check(entry.key);
    if (!known) {
      reading_.report(entry.at, fmt::format("'{}' {}", name, known.error().message), known.error().remedy);
    } else if (entry.value.kind != YamlNode::Kind::mapping) {
      reading_.report(entry.at,
                      fmt::format("'{}' of {} must be a mapping, but is {}", name, entry.key,
                                  entry.value.is_null() ? "empty" : "something else"),
                      example);
    } else {
      each(*known, inner(name, entry.value));
    }
  }
}

std::vector<SectionReader> SectionReader::sections(std::string_view name) {
  const YamlNode* node = find(name);
  if (node == nullptr) return {};
  const bool list = node->kind == YamlNode::Kind::sequence && key(name).may_be_list;
  std::vector<SectionReader> found;
  if (!list) {
    if (auto one = section_at(name, *node)) found.push_back(std::move(*one));
    return found;
  }
  if (node->items.empty())
    wrong(name, *node, {"must not be empty", fmt::format("for example {}: {}", name, key(name).example)});
  for (const YamlNode& item : node->items)
    if (auto one = section_at(name, item)) found.push_back(std::move(*one));
  return found;
}

std::vector<std::pair<std::string, SectionReader>> SectionReader::service_sections() {
  std::vector<std::pair<std::string, SectionReader>> found;
  for (const YamlEntry& entry : node_.entries)
    if (config_key(section_, entry.key) == nullptr && entry.value.kind == YamlNode::Kind::mapping)
      found.emplace_back(entry.key, SectionReader(reading_, section_, entry.value, entry.value.at));
  return found;
}

const YamlNode* SectionReader::environments(std::string_view name) {
  const YamlNode* node = find(name);
  if (node == nullptr) return nullptr;
  if (node->kind == YamlNode::Kind::mapping && !node->entries.empty()) return node;
  wrong(
      name, *node,
      {node->kind == YamlNode::Kind::mapping ? "must have at least one environment"
                                             : fmt::format("must be a mapping, but is {}", node->described()),
       fmt::format("for example {}: {}", name, key(name).example)});
  return nullptr;
}

}  // namespace belay
