#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "base/hash.hpp"
#include "model/journal_record.hpp"
#include "model/json_archive.hpp"

/// The journal as bytes (docs/journal.md): one record per line, each line guarded by its own checksum.
namespace belay {

namespace {

constexpr std::size_t checksum_digits = 8;

/// In one form only: were upper case accepted too, a flipped bit in a digit could pass unseen.
std::string checksum(std::string_view json) {
  return fmt::format("{:08x}", crc32(json));
}

/// The JSON of an intact line (without its newline).
std::optional<std::string_view> intact_json(std::string_view line) {
  if (line.size() <= checksum_digits || line[checksum_digits] != ' ') return std::nullopt;
  const std::string_view json = line.substr(checksum_digits + 1);
  if (line.substr(0, checksum_digits) != checksum(json)) return std::nullopt;
  return json;
}

bool has_intact_line(std::string_view content) {
  for (auto newline = content.find('\n'); newline != std::string_view::npos; newline = content.find('\n')) {
    if (intact_json(content.substr(0, newline))) return true;
    content.remove_prefix(newline + 1);
  }
  return false;
}

}  // namespace

std::string encode_line(const Record& record) {
  const std::string json = boost::json::serialize(record_to_json(record));
  return checksum(json) + " " + json + "\n";
}

DecodedJournal decode_journal(std::string_view content) {
  DecodedJournal decoded;
  for (std::size_t line = 1;; ++line) {
    const std::string_view rest = content.substr(decoded.intact_bytes);
    const std::size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) return decoded;
    const auto json = intact_json(rest.substr(0, newline));
    if (!json) {
      if (has_intact_line(rest.substr(newline + 1))) decoded.damaged_line = line;
      return decoded;
    }
    // An intact line that cannot be understood was written so by somebody: an Error, for to take it for
    // damage would mean to cut it off.
    auto record = record_from_json(json_archive::parse_object(*json, "a record of the journal"));
    if (record) decoded.records.push_back(std::move(*record));
    decoded.intact_bytes += newline + 1;
  }
}

bool ends_closed(std::string_view content) {
  if (!content.ends_with('\n')) return false;
  content.remove_suffix(1);
  const auto json = intact_json(content.substr(content.rfind('\n') + 1));
  if (!json) return false;
  const auto record = json_archive::parse_object(*json, "the journal's last record");
  const auto* type = record.if_contains("type");
  if (type == nullptr || *type != "closed") return false;
  const auto* unfinished = record.if_contains("unfinished");
  return unfinished == nullptr || *unfinished == "";
}

}  // namespace belay
