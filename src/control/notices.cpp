#include "control/notices.hpp"

#include <algorithm>
#include <functional>

#include <fmt/core.h>

#include "base/background.hpp"
#include "base/clock.hpp"
#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "drivers/http.hpp"
#include "drivers/smtp.hpp"
#include "model/mail_message.hpp"
#include "model/notice_form.hpp"
#include "model/visible_text.hpp"

namespace belay {

namespace {

struct Attempt {
  bool ok = false, again = false;
  std::string answer;
  std::chrono::milliseconds wait{};  // the target's wish
};

/// What a target says of itself when it refuses: the first line, short.
std::string said(const std::string& body) {
  constexpr std::size_t most_bytes = 200;
  const auto line = body.substr(0, std::min(body.find_first_of("\r\n"), most_bytes));
  return line.empty() ? "" : ": " + visible_text(line);
}

std::chrono::milliseconds retry_after(const http::Answer& answer) {
  const auto header = answer.headers.find("retry-after");
  if (header == answer.headers.end() || header->second.size() > 5) return {};
  int seconds = 0;
  for (const char c : header->second) {
    if (c < '0' || c > '9') return {};
    seconds = seconds * 10 + (c - '0');
  }
  return std::chrono::seconds(seconds);
}

Attempt posted(const NoticeRequest& request, const std::stop_token& stop, Deadline deadline) {
  const auto exchange = http::exchange(
      {.url = http::url_of(request.url), .method = "POST", .headers = request.headers, .body = request.body},
      stop, deadline);
  if (!exchange.answer) return {.ok = false, .again = true, .answer = exchange.why, .wait = {}};
  const auto& answer = *exchange.answer;
  const bool ok = (answer.status >= 200 && answer.status < 300) ||
                  (answer.status == 400 && !request.already.empty() && answer.body.contains(request.already));
  return {.ok = ok,
          .again = answer.status == 429 || answer.status >= 500,
          .answer = fmt::format("answered {}{}", answer.status, ok ? "" : said(answer.body)),
          .wait = retry_after(answer)};
}

Attempt mailed(const MailTarget& mail, const std::string& message, const std::stop_token& stop,
               Deadline deadline) {
  const auto delivery = smtp::send(mail, message, stop, deadline);
  return {.ok = delivery.ok, .again = delivery.again, .answer = delivery.answer, .wait = {}};
}

/// What is done in each attempt: the same thing is sent.
std::function<Attempt(const std::stop_token&, Deadline)> attempt_of(const NoticeMeans& means,
                                                                    const Notice& notice,
                                                                    const std::string& id, Time sent) {
  if (const auto* mail = std::get_if<MailTarget>(&means))
    return [mail, message = mail_message(notice, mail->from, mail->to, id, sent)](const std::stop_token& stop,
                                                                                  Deadline deadline) {
      return mailed(*mail, message, stop, deadline);
    };
  return [request = request_of(means, notice, id, sent).value()](
             const std::stop_token& stop, Deadline deadline) { return posted(request, stop, deadline); };
}

SentNotice send_to(const NoticeTarget& target, const Notice& notice, const std::stop_token& stop,
                   const NoticePatience& patience) {
  SentNotice sent{.target = target.shown(), .ok = false, .answer = target.unready, .attempts = 0};
  if (!target.unready.empty()) return sent;
  const auto end = Deadline::in(patience.all);
  // The same in each attempt: who got the first one after all knows the second for a repetition.
  const auto attempt = attempt_of(target.means, notice, random_nonce(), now());
  for (auto pause_before_next = patience.pause; sent.attempts < patience.attempts; pause_before_next *= 2) {
    ++sent.attempts;
    const auto ended = attempt(stop, end.or_in(patience.attempt));
    sent.ok = ended.ok;
    sent.answer = ended.answer;
    const auto wait = std::max(pause_before_next, ended.wait);
    if (sent.ok || !ended.again || sent.attempts == patience.attempts || wait >= end.left()) break;
    if (!pause(wait, stop)) break;
  }
  return sent;
}

/// A defect of belay's own must not change how a deployment ends.
SentNotice sent_or_why(const NoticeTarget& target, const Notice& notice, const std::stop_token& stop,
                       const NoticePatience& patience) {
  try {
    return send_to(target, notice, stop, patience);
  } catch (const Error& error) {
    return {.target = target.shown(), .ok = false, .answer = error.message_and_why(), .attempts = 1};
  } catch (const std::exception& error) {
    return {.target = target.shown(), .ok = false, .answer = error.what(), .attempts = 1};
  }
}

}  // namespace

std::vector<SentNotice> send_notices(const std::vector<NoticeTarget>& targets, const Notice& notice,
                                     std::stop_token stop, const NoticePatience& patience) {
  std::vector<Beside<SentNotice>> sending;
  for (const auto& target : targets)
    if (target.wants(notice))
      sending.emplace_back(std::function<SentNotice()>(
          [&target, &notice, &stop, &patience] { return sent_or_why(target, notice, stop, patience); }));
  std::vector<SentNotice> sent;
  for (auto& one : sending) sent.push_back(one.get());
  return sent;
}

}  // namespace belay
