#include "drivers/dump_scan.hpp"

#include <algorithm>
#include <span>

#include <openssl/evp.h>

#include "base/error.hpp"
#include "base/hex.hpp"

namespace belay::postgres {
namespace {

constexpr std::size_t kept_of_a_line = 256;
constexpr std::string_view from_stdin = " FROM stdin;";

}  // namespace

struct DumpScan::Hash {
  struct Free {
    void operator()(EVP_MD_CTX* one) const { EVP_MD_CTX_free(one); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};

  Hash() {
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
      throw Error("SHA-256 is not available");
  }
};

DumpScan::DumpScan() : hash_(std::make_unique<Hash>()) {}
DumpScan::~DumpScan() = default;

void DumpScan::feed(std::string_view bytes) {
  if (EVP_DigestUpdate(hash_->context.get(), bytes.data(), bytes.size()) != 1)
    throw Error("computing a SHA-256 failed");
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    const auto newline = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, newline);
    if (line_.size() < kept_of_a_line) line_.append(piece.substr(0, kept_of_a_line - line_.size()));
    const std::size_t ring = std::size(tail_);
    for (std::size_t i = piece.size() > ring ? piece.size() - ring : 0; i < piece.size(); ++i)
      tail_[(line_length_ + i) % ring] = piece[i];
    line_length_ += piece.size();
    if (newline == std::string_view::npos) return;
    line_ended();
    bytes.remove_prefix(newline + 1);
  }
}

void DumpScan::line_ended() {
  std::string end;
  for (std::size_t i = line_length_ - std::min(line_length_, from_stdin.size()); i < line_length_; ++i)
    end += tail_[i % std::size(tail_)];
  ++lines_since_data_comment_;
  if (in_data_) {
    if (line_ == "\\." && line_length_ == 2) {
      in_data_ = false;
    } else {
      ++rows_;
    }
  } else if (line_.starts_with("-- Data for Name: ")) {
    lines_since_data_comment_ = 0;
  } else if (line_.starts_with("COPY ") && end == from_stdin && lines_since_data_comment_ <= 3) {
    // The comment before it tells pg_dump's own COPY from one that stands in the text of a function.
    in_data_ = true;
    ++tables_;
  }
  read_mark(line_);
  line_.clear();
  line_length_ = 0;
}

void DumpScan::read_mark(std::string_view line) {
  switch (mark_) {
    case Mark::opened:
      if (line == "-- PostgreSQL database dump complete") {
        mark_ = Mark::said;
        return;
      }
      break;
    case Mark::said:
      if (line == "--") {
        mark_ = Mark::complete;
        return;
      }
      break;
    case Mark::complete:
      // pg_dump since the fix of CVE-2025-8714 ends with one more line.
      if (line.empty() || line.starts_with("\\unrestrict ")) return;
      break;
    case Mark::none:
      break;
  }
  mark_ = line == "--" ? Mark::opened : Mark::none;
}

void DumpScan::finish() {
  if (line_length_ > 0) line_ended();
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(hash_->context.get(), digest, &size) != 1) throw Error("computing a SHA-256 failed");
  sha256_ = hex_of(std::span(digest).first(size));
}

}  // namespace belay::postgres
