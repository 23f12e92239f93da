#include "drivers/name_lookup.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.hpp"

// Exported by glibc for such programs as this, but in none of its headers.
extern "C" int __nss_configure_lookup(const char* database, const char* services);

namespace belay {
namespace {

/// One question to glibc's asynchronous resolver. It cannot be cancelled while it waits for a name server, so
/// the answer is held alive by the notification, and whoever loses patience simply lets go of it.
struct Lookup {
  std::string host, port;
  addrinfo wanted{};
  gaicb request{};
  Fd answered;

  ~Lookup() {
    if (request.ar_result != nullptr) ::freeaddrinfo(request.ar_result);
  }
};

void on_answer(sigval value) {
  const std::unique_ptr<std::shared_ptr<Lookup>> held(static_cast<std::shared_ptr<Lookup>*>(value.sival_ptr));
  const std::uint64_t one = 1;
  // Cannot fail on a fresh counter; and there is nobody here to tell.
  [[maybe_unused]] const ssize_t written = ::write((*held)->answered.get(), &one, sizeof one);
}

std::string resolver_reason(int code) {
  if (code == EAI_SYSTEM) return reason_of(errno);
  if (code == EAI_NONAME || code == EAI_NODATA) return "no such host";
  if (code == EAI_AGAIN) return "no name server answers";
  return ::gai_strerror(code);
}

std::shared_ptr<Lookup> prepared(const std::string& host, const std::string& port) {
  auto lookup = std::make_shared<Lookup>();
  lookup->host = host;
  lookup->port = port;
  lookup->wanted.ai_family = AF_UNSPEC;
  lookup->wanted.ai_socktype = SOCK_STREAM;
  lookup->wanted.ai_flags = AI_NUMERICSERV;
  lookup->request.ar_name = lookup->host.c_str();
  lookup->request.ar_service = lookup->port.c_str();
  lookup->request.ar_request = &lookup->wanted;
  lookup->answered.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  return lookup;
}

/// Addresses written as numbers need no resolver (and no thread).
bool numeric(const std::string& host, const std::string& port, Addresses& found) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &wanted, &list) != 0) return false;
  found.reset(list);
  return true;
}

}  // namespace

void pin_name_lookup_to_files_and_dns() {
  const std::pair<const char*, const char*> pinned[] = {
      {"hosts", "files dns"}, {"passwd", "files"}, {"group", "files"}, {"services", "files"}};
  for (const auto& [database, services] : pinned)
    if (__nss_configure_lookup(database, services) != 0)
      throw system_error("the system's name lookup cannot be set up", errno);
}

Io look_up(const std::string& host, const std::string& port, const Limits& limits, Addresses& found) {
  if (numeric(host, port, found)) return {};

  const std::shared_ptr<Lookup> lookup = prepared(host, port);
  if (!lookup->answered) return Io::failed(reason_of(errno));
  auto for_the_answer = std::make_unique<std::shared_ptr<Lookup>>(lookup);
  sigevent notice{};
  notice.sigev_notify = SIGEV_THREAD;
  notice.sigev_notify_function = on_answer;
  notice.sigev_value.sival_ptr = for_the_answer.get();
  gaicb* list[] = {&lookup->request};
  if (const int refused = ::getaddrinfo_a(GAI_NOWAIT, list, 1, &notice); refused != 0)
    return Io::failed(resolver_reason(refused));
  for_the_answer.release();  // on_answer's now

  if (Io waited = limits.wait(lookup->answered.get(), POLLIN); !waited.ok()) return waited;
  if (const int code = ::gai_error(&lookup->request); code != 0) return Io::failed(resolver_reason(code));
  found.reset(std::exchange(lookup->request.ar_result, nullptr));
  return {};
}

}  // namespace belay
