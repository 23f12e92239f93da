#include "model/mail_message.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/base64.hpp"
#include "model/utf8.hpp"

namespace belay {

namespace {

constexpr const char* line_end = "\r\n";

std::string date_text(Time time) {
  using namespace std::chrono;
  constexpr std::array days_of_week{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", days_of_week.at(weekday(day).c_encoding()),
                     static_cast<unsigned>(date.day()), months.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::string in_lines(const std::string& text, std::size_t width) {
  std::string lines;
  for (std::size_t at = 0; at < text.size(); at += width) lines += text.substr(at, width) + line_end;
  return lines;
}

/// One address on a line.
std::string address_list(const std::vector<std::string>& addresses) {
  std::string list;
  for (const auto& one : addresses) list += (list.empty() ? "" : ",\r\n ") + one;
  return list;
}

}  // namespace

std::string encoded_header(const std::string& text) {
  constexpr std::size_t most_plain = 60,
                        most_bytes = 42;  // of one encoded word, which may have 75 characters
  const bool ascii = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (ascii && text.size() <= most_plain && !text.contains("=?")) return text;
  const std::string good = valid_utf8(text);
  std::string encoded, piece;
  const auto finish = [&] {
    encoded += fmt::format("{}=?UTF-8?B?{}?=", encoded.empty() ? "" : "\r\n ", base64_encoded(piece));
    piece.clear();
  };
  for (std::size_t at = 0; at < good.size();) {
    const auto length = std::max<std::size_t>(1, utf8_sequence_length(std::string_view(good).substr(at)));
    if (piece.size() + length > most_bytes) finish();
    piece += good.substr(at, length);
    at += length;
  }
  finish();
  return encoded;
}

std::string mail_message(const Notice& notice, const std::string& from, const std::vector<std::string>& to,
                         const std::string& id, Time sent) {
  const auto domain = from.substr(from.find('@') + 1);
  return fmt::format(
      "From: {}\r\n"
      "To: {}\r\n"
      "Subject: {}\r\n"
      "Date: {}\r\n"
      "Message-ID: <belay.{}@{}>\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "\r\n"
      "{}",
      from, address_list(to), encoded_header(headline(notice)), date_text(sent), id, domain,
      in_lines(base64_encoded(plain_text(notice)), 76));
}

}  // namespace belay
