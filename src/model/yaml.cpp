#include "model/yaml.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <fmt/core.h>
#include <yaml.h>

#include "model/utf8.hpp"

namespace belay {

namespace {

constexpr std::size_t largest_file = 1u << 20;
constexpr int deepest = 64;
constexpr std::size_t most_nodes = 100'000;
constexpr std::size_t most_text =
    16u << 20;  // a long text repeated by aliases fills memory as well as many nodes do

Location location_of(const yaml_mark_t& mark) {
  return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
}

/// libyaml's parser, one event at a time.
class Events {
 public:
  explicit Events(std::string_view text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    // yaml_char_t is unsigned char: the same bytes.
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Events() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  /// False if the text is no YAML: then problem() says why and where.
  bool next() {
    yaml_event_delete(&event_);
    return yaml_parser_parse(&parser_, &event_) != 0;
  }
  const yaml_event_t& current() const { return event_; }
  Location at() const { return location_of(event_.start_mark); }
  Location problem_at() const { return location_of(parser_.problem_mark); }
  std::string problem() const {
    std::string text = parser_.problem != nullptr ? parser_.problem : "cannot be read";
    if (parser_.context != nullptr) text += fmt::format(" ({})", parser_.context);
    return text;
  }

 private:
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

std::string_view as_text(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

std::string_view as_text(const yaml_char_t* text, std::size_t length) {
  return {reinterpret_cast<const char*>(text), length};
}

/// Where the reading has to stop: what follows cannot be understood. Never leaves this file.
struct Stop {};

enum class Dialect { own, foreign };

class Builder {
 public:
  Builder(const std::string& file, std::string_view text, Dialect dialect, Problems& problems)
      : events_(text), file_(file), dialect_(dialect), problems_(problems) {}

  std::optional<YamlNode> document() {
    advance();  // the stream's start
    advance();
    if (type() == YAML_STREAM_END_EVENT) {
      report({0, 0}, "the file is empty", "");
      return std::nullopt;
    }
    advance();
    YamlNode root = node(0);
    if (dialect_ == Dialect::foreign) return root;
    advance();  // the document's end
    advance();
    if (type() != YAML_STREAM_END_EVENT)
      report(events_.at(), "a second document begins here", "one file is one document: remove the '---'");
    return root;
  }

 private:
  yaml_event_type_t type() const { return events_.current().type; }

  void report(Location at, std::string message, std::string remedy) {
    problems_.push_back({file_, at, std::move(message), std::move(remedy), {}});
  }
  [[noreturn]] void stop(Location at, std::string message, std::string remedy) {
    report(at, std::move(message), std::move(remedy));
    throw Stop{};
  }
  void advance() {
    if (!events_.next()) stop(events_.problem_at(), "this is not YAML: " + events_.problem(), "");
  }
  struct Size {
    std::size_t nodes = 0, text = 0;
    Size operator-(Size other) const { return {nodes - other.nodes, text - other.text}; }
  };

  void count(Size more, Location at) {
    size_.nodes += more.nodes;
    size_.text += more.text;
    if (size_.nodes > most_nodes) stop(at, fmt::format("the file has more than {} values", most_nodes), "");
    if (size_.text > most_text) stop(at, "the file's aliases repeat more than 16 MiB of text", "");
  }

  /// The node that the current event begins; afterwards the current event is the node's last one.
  YamlNode node(int depth) {
    const Location at = events_.at();
    if (depth >= deepest) stop(at, fmt::format("nested more than {} levels deep", deepest), "");
    if (type() == YAML_ALIAS_EVENT) return alias(at);
    const Size before = size_;
    count({1, 0}, at);
    YamlNode made;
    made.at = at;
    std::string anchor;
    if (type() == YAML_SCALAR_EVENT) {
      anchor = begin(events_.current().data.scalar, at);
      scalar(made);
    } else if (type() == YAML_SEQUENCE_START_EVENT) {
      anchor = begin(events_.current().data.sequence_start, at);
      sequence(made, depth);
    } else {
      anchor = begin(events_.current().data.mapping_start, at);
      mapping(made, depth);
    }
    // Only now: an alias inside its own anchor finds nothing, so there are no cycles.
    if (!anchor.empty()) anchors_[anchor] = {made, size_ - before};
    return made;
  }

  template <class Start>
  std::string begin(const Start& start, Location at) {
    if (start.tag != nullptr && dialect_ == Dialect::own)
      report(at, fmt::format("tags such as '{}' are not supported", as_text(start.tag)), "remove it");
    return std::string(as_text(start.anchor));
  }

  YamlNode alias(Location at) {
    const std::string name(as_text(events_.current().data.alias.anchor));
    const auto found = anchors_.find(name);
    if (found == anchors_.end())
      stop(at, fmt::format("the alias '*{}' refers to nothing that is complete at this point", name),
           fmt::format("'&{}' must stand on a value that ends before", name));
    count(found->second.size, at);
    return found->second.node;
  }

  void scalar(YamlNode& made) {
    const auto& scalar = events_.current().data.scalar;
    made.kind = YamlNode::Kind::scalar;
    made.text = as_text(scalar.value, scalar.length);
    made.plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
    count({0, scalar.length}, made.at);
  }

  void sequence(YamlNode& made, int depth) {
    made.kind = YamlNode::Kind::sequence;
    for (advance(); type() != YAML_SEQUENCE_END_EVENT; advance()) made.items.push_back(node(depth + 1));
  }

  void mapping(YamlNode& made, int depth) {
    made.kind = YamlNode::Kind::mapping;
    std::map<std::string, Location> seen;
    std::vector<YamlNode> merged;
    for (advance(); type() != YAML_MAPPING_END_EVENT; advance()) {
      const YamlNode key = node(depth + 1);
      advance();
      YamlNode value = node(depth + 1);
      if (dialect_ == Dialect::foreign && key.plain && key.text == "<<") {
        merged.push_back(std::move(value));
        continue;
      }
      if (!is_key(key)) continue;
      const auto [first, is_new] = seen.emplace(key.text, key.at);
      if (is_new)
        made.entries.push_back({key.text, key.at, std::move(value)});
      else if (dialect_ == Dialect::own)
        report(key.at, fmt::format("the key '{}' stands here a second time", key.text),
               fmt::format("it was first given in line {}", first->second.line));
    }
    for (const YamlNode& from : merged) merge(made, from);
  }

  /// What the mapping says itself wins, then the earlier of the merged ones.
  static void merge(YamlNode& made, const YamlNode& from) {
    for (const YamlNode& one : from.items) merge(made, one);
    for (const YamlEntry& entry : from.entries)
      if (!made.find(entry.key)) made.entries.push_back(entry);
  }

  bool is_key(const YamlNode& key) {
    if (key.kind != YamlNode::Kind::scalar) {
      report(key.at, fmt::format("a key must be a text, but this is {}", key.described()), "");
    } else if (key.plain && key.text == "<<") {
      report(key.at, "merge keys ('<<') are not supported",
             "what environments share goes to the top level of the file; they override it key by key");
    } else {
      return true;
    }
    return false;
  }

  struct Anchored {
    YamlNode node;
    Size size;  // what it counts for when an alias copies it
  };

  Events events_;
  const std::string& file_;
  Dialect dialect_;
  Problems& problems_;
  std::map<std::string, Anchored, std::less<>> anchors_;
  Size size_;
};

/// Where the first byte stands that is no UTF-8; libyaml only knows its offset.
std::optional<Location> first_invalid_byte(std::string_view text) {
  Location at{1, 1};
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) return at;
    at = text.front() == '\n' ? Location{at.line + 1, 1} : Location{at.line, at.column + 1};
    text.remove_prefix(length);
  }
  return std::nullopt;
}

}  // namespace

const YamlEntry* YamlNode::find_entry(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

bool YamlNode::is_null() const {
  return kind == Kind::scalar && plain && (text.empty() || text == "~" || text == "null");
}

std::string YamlNode::described() const {
  if (kind == Kind::sequence) return "a list";
  if (kind == Kind::mapping) return "a mapping";
  if (is_null()) return "empty";
  return "'" + text + "'";
}

bool is_off(const YamlNode& node) {
  return node.kind == YamlNode::Kind::scalar && node.plain &&
         (node.text == "off" || node.text == "no" || node.text == "false");
}

namespace {

YamlDocument parsed(const std::string& file, const std::string& content, Dialect dialect) {
  YamlDocument document;
  std::string_view text = content;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.size() > largest_file) {
    document.problems.push_back({file, {}, "the file is larger than 1 MiB"});
    return document;
  }
  if (const auto at = first_invalid_byte(text)) {
    document.problems.push_back({file, *at, "this byte is not UTF-8", "save the file as UTF-8"});
    return document;
  }
  Builder builder(file, text, dialect, document.problems);
  try {
    document.root = builder.document();
  } catch (const Stop&) {
    // What is wrong is in document.problems already.
  }
  return document;
}

}  // namespace

YamlDocument parse_yaml(const std::string& file, const std::string& text) {
  return parsed(file, text, Dialect::own);
}

YamlDocument parse_foreign_yaml(const std::string& file, const std::string& text) {
  return parsed(file, text, Dialect::foreign);
}

}  // namespace belay
