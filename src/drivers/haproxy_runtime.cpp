#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <sstream>

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/poll.hpp"
#include "base/unix_address.hpp"
#include "drivers/haproxy.hpp"

namespace belay::haproxy {

namespace {

constexpr auto patience = std::chrono::seconds(5);
constexpr auto name_patience = std::chrono::seconds(10);
constexpr auto one_look_up = std::chrono::milliseconds(500);
constexpr auto between_looks = std::chrono::milliseconds(5);
constexpr std::size_t longest_answer = 16u << 20;  // a state of some thousand servers has one

// Bits of srv_admin_state (HAProxy's include/haproxy/server-t.h). 0x04 is none of them: it tells that the
// file said `disabled`, and stays when the socket has said otherwise.
constexpr unsigned maintenance_bits = 0x01 | 0x02, drain_bits = 0x08 | 0x10, unresolved_bit = 0x20;

/// Empty where nobody listens.
Fd connected_to(const std::filesystem::path& path) {
  auto socket = unix_socket(SOCK_STREAM);
  return UnixAddress(path).connect(socket) ? std::move(socket) : Fd();
}

/// Empty: it did not close in time.
std::optional<std::string> everything_from(const Fd& socket, Deadline deadline) {
  std::string text;
  std::array<char, 16384> part{};
  while (true) {
    pollfd wanted{socket.get(), POLLIN, 0};
    if (!poll_until({&wanted, 1}, deadline)) return std::nullopt;
    const auto got = ::read(socket.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("cannot read HAProxy's answer", errno);
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
    if (text.size() > longest_answer) throw Error("HAProxy's answer has no end", {});
  }
}

std::optional<std::string> answer_to(const std::string& text, const std::filesystem::path& path,
                                     Deadline deadline) {
  const auto socket = connected_to(path);
  if (!socket)
    throw Error("the edge does not answer", "nobody listens at " + path.string(),
                "restart the edge's container: docker ps shows it as PROJECT-belay-edge-1");
  write_all(socket.get(), text);
  return everything_from(socket, deadline);
}

using Row = std::map<std::string, std::string>;

/// Rows by the names of a header line.
class Rows {
 public:
  Rows(const std::string& text, char separator) : separator_(separator) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("# "))
        names_ = fields(line.substr(2));
      else if (!names_.empty() && !line.empty())
        add(fields(line));
    }
  }
  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }

 private:
  std::vector<std::string> fields(const std::string& line) const {
    std::vector<std::string> found;
    std::istringstream parts(line);
    for (std::string part; std::getline(parts, part, separator_);) found.push_back(part);
    return found;
  }
  void add(const std::vector<std::string>& values) {
    Row row;
    for (std::size_t i = 0; i < std::min(names_.size(), values.size()); ++i) row[names_[i]] = values[i];
    rows_.push_back(std::move(row));
  }

  char separator_;
  std::vector<std::string> names_;
  std::vector<Row> rows_;
};

std::int64_t number_in(const Row& row, const std::string& name) {
  const auto found = row.find(name);
  return found == row.end() || found->second.empty() ? 0 : std::stoll(found->second);
}

std::string text_in(const Row& row, const std::string& name) {
  const auto found = row.find(name);
  return found == row.end() || found->second == "-" ? std::string{} : found->second;
}

Server::State state_from(unsigned admin) {
  if (admin & maintenance_bits) return Server::State::maintenance;
  return admin & drain_bits ? Server::State::drain : Server::State::ready;
}

std::string without_empty_lines(const std::string& text) {
  std::string kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.find_first_not_of(" \t\r") != std::string::npos) kept += line + "\n";
  return kept;
}

void count(Server& server, const Row& row) {
  server.sessions = number_in(row, "scur");
  server.rate = number_in(row, "rate");
  const auto broken_off = number_in(row, "eresp");
  server.requests = broken_off;
  for (const auto* status : {"hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"})
    server.requests += number_in(row, status);
  server.errors_5xx = number_in(row, "hrsp_5xx") + broken_off;
}

}  // namespace

Runtime::Runtime(std::filesystem::path socket) : socket_(std::move(socket)) {}

bool Runtime::answers() const {
  return static_cast<bool>(connected_to(socket_));
}

std::string Runtime::ask(const std::string& command) const {
  auto answer = answer_to(command + "\n", socket_, Deadline::in(patience));
  if (!answer) throw Error("HAProxy did not answer within 5 s", {}, "docker logs of the edge may say why");
  return std::move(*answer);
}

void Runtime::tell(const std::string& command) const {
  auto words = ask(command);
  while (words.ends_with('\n')) words.pop_back();
  // Its news of a changed address is no complaint.
  if (!words.empty() && !words.contains("changed") && !words.contains("no need to change"))
    throw Error("HAProxy refuses: " + command, words, "please report it");
}

void Runtime::set(const std::string& backend, const std::string& slot, const std::string& what) const {
  tell(fmt::format("set server {}/{} {}", backend, slot, what));
}

std::vector<Server> Runtime::placed() const {
  std::vector<Server> found;
  for (const auto& row : Rows(ask("show servers state"), ' ')) {
    const auto admin = static_cast<unsigned>(number_in(row, "srv_admin_state"));
    Server server{.backend = text_in(row, "be_name"),
                  .slot = text_in(row, "srv_name"),
                  .host = text_in(row, "srv_fqdn"),
                  .address = text_in(row, "srv_addr"),
                  .state = state_from(admin),
                  .weight = static_cast<int>(number_in(row, "srv_uweight"))};
    server.reachable = !server.address.empty() && (admin & unresolved_bit) == 0;
    found.push_back(std::move(server));
  }
  return found;
}

std::vector<Server> Runtime::servers() const {
  auto found = placed();
  for (const auto& row : Rows(ask("show stat -1 4 -1"), ',')) {
    const auto server = std::ranges::find_if(found, [&](const Server& known) {
      return known.backend == text_in(row, "pxname") && known.slot == text_in(row, "svname");
    });
    if (server != found.end()) count(*server, row);
  }
  return found;
}

/// Empty: the name server does not tell, or has not yet.
std::string Runtime::address_of(const std::string& host) const {
  const auto answer = answer_to(fmt::format("GET / HTTP/1.0\r\nHost: {}\r\n\r\n", host),
                                socket_.parent_path() / names_socket_name, Deadline::in(one_look_up))
                          .value_or(std::string{});
  const auto head = answer.find("\r\n\r\n");
  return head == std::string::npos ? std::string{} : answer.substr(head + 4);
}

bool Runtime::stand_at(const std::vector<Place>& places, const std::string& address) const {
  const auto servers = placed();
  return !address.empty() && std::ranges::all_of(places, [&](const Place& place) {
    return std::ranges::any_of(servers, [&](const Server& server) {
      return server.backend == place.first && server.slot == place.second && server.address == address &&
             server.reachable;
    });
  });
}

void Runtime::seat(const std::vector<Place>& places, const std::string& host, std::stop_token stop) const {
  for (const auto& [backend, slot] : places) set(backend, slot, "fqdn " + host);
  const auto limit = Deadline::in(name_patience);
  while (!stand_at(places, address_of(host))) {
    if (limit.expired() || stop.stop_requested())
      throw Error("the edge does not find " + host, "Docker's name server does not tell its address",
                  "does the container run, and on the edge's network?");
    pause(between_looks);
  }
}

void Runtime::open(const std::string& backend, const std::string& slot, int weight) const {
  set(backend, slot, fmt::format("weight {}", weight));
  set(backend, slot, "state ready");
}

void Runtime::drain(const std::string& backend, const std::string& slot) const {
  set(backend, slot, "state drain");
}

void Runtime::close(const std::string& backend, const std::string& slot) const {
  set(backend, slot, "state maint");
}

bool Runtime::replace_certificate(const std::string& name, const std::string& pem) const {
  const auto path = path_of(name);
  if (!ask("show ssl cert").contains(path)) return false;
  // An empty line ends what follows "<<".
  const auto taken = ask(fmt::format("set ssl cert {} <<\n{}", path, without_empty_lines(pem)));
  const auto committed = taken.contains("Transaction") ? ask("commit ssl cert " + path) : taken;
  if (committed.contains("Success")) return true;
  ask("abort ssl cert " + path);
  throw Error("HAProxy refuses the certificate " + name, committed, "see the certificate's file and its key");
}

}  // namespace belay::haproxy
