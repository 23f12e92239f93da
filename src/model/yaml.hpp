#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/problem.hpp"

namespace belay {

struct YamlEntry;

/// A YAML document as a tree in which each key and value knows where it stands. Scalars stay text: what is a
/// number or a boolean is decided by who expects one, so that the key `on` is a key and the word `no` a word.
struct YamlNode {
  enum class Kind { scalar, sequence, mapping };

  Kind kind = Kind::scalar;
  Location at;
  std::string text;                // of a scalar
  bool plain = false;              // a scalar without quotes, on one line or several
  std::vector<YamlNode> items;     // of a sequence
  std::vector<YamlEntry> entries;  // of a mapping, in the file's order

  /// The value under `key`; null if there is none, or if this is no mapping.
  const YamlNode* find(std::string_view key) const;
  const YamlEntry* find_entry(std::string_view key) const;
  /// Nothing at all, `~` or `null`, without quotes.
  bool is_null() const;
  /// "a list", "a mapping", "empty", "the text 'abc'": for messages.
  std::string described() const;
};

struct YamlEntry {
  std::string key;
  Location at;  // of the key
  YamlNode value;
};

/// A plain `off`, `no` or `false`: in place of a section it says that there is none.
bool is_off(const YamlNode&);

struct YamlDocument {
  std::optional<YamlNode> root;  // empty if the text is no YAML
  Problems problems;
};

/// Reads one document of UTF-8 text. Refused, because each has misled somebody: duplicate keys, aliases to
/// their own ancestor, merge keys (`<<`), tags, several documents. Bounded: 1 MiB, 64 levels, 100 000 nodes
/// once aliases are expanded. Where reading can go on after a mistake it does, so that one run shows them
/// all.
YamlDocument parse_yaml(const std::string& file, const std::string& text);

/// Reads a file of another program (compose, a CI), of which belay only wants to know what it says: merge
/// keys are followed, tags are passed over, and of a key that stands twice the first counts. The same bounds
/// hold. Of several documents it reads the first.
YamlDocument parse_foreign_yaml(const std::string& file, const std::string& text);

}  // namespace belay
