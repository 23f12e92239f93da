#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace belay::postgres {

/// Reads a plain SQL dump once, piece by piece: what it holds, its checksum, and whether it is whole.
/// pg_dump's last words are its completion mark; a dump without it ended early, whatever the exit code said.
class DumpScan {
 public:
  DumpScan();
  ~DumpScan();
  DumpScan(const DumpScan&) = delete;
  DumpScan& operator=(const DumpScan&) = delete;

  void feed(std::string_view bytes);
  /// After the last piece.
  void finish();

  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t tables() const { return tables_; }
  std::uint64_t rows() const { return rows_; }
  bool whole() const { return mark_ == Mark::complete && !in_data_; }
  /// After finish(): lower-case hexadecimal.
  const std::string& sha256() const { return sha256_; }

 private:
  /// How much of "--", "-- PostgreSQL database dump complete", "--" the last lines were.
  enum class Mark { none, opened, said, complete };
  struct Hash;

  void line_ended();
  void read_mark(std::string_view line);

  std::unique_ptr<Hash> hash_;
  std::string sha256_;
  std::string line_;    // its first bytes; what decides is short
  char tail_[16] = {};  // its last bytes, a ring
  std::size_t line_length_ = 0;
  std::uint64_t bytes_ = 0, tables_ = 0, rows_ = 0;
  int lines_since_data_comment_ = 1000;
  bool in_data_ = false;
  Mark mark_ = Mark::none;
};

}  // namespace belay::postgres
