#include "control/bootstrap.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "control/quoting.hpp"
#include "model/visible_text.hpp"

namespace belay {

namespace {

using namespace std::chrono_literals;

// $1 live directory, $2 id, $3 sha256, $4 architecture, $5 marker, $6 purpose. A machine of another
// architecture says so, and reads id and sha256 of the program for it. Y is the state directory by
// the rule of model/state_place.hpp, X what the live directory has of it: a link, which is not followed, or
// the state itself, which an older belay keeps there until a deployment moves it. A state of another account
// is told by the program, so for that the program needs no directory of its own. One line in the end, without
// single quotes, backslashes or exclamation marks, so that every login shell hands it to sh as it stands. The
// bytes that are left are drained after a failure, so that the one who sends them gets to read why. What is
// there is run only if it is our own and has the bytes that were shipped. Needs nothing but a POSIX sh, gzip,
// head, id, readlink, tr and sha256sum (coreutils or busybox).
constexpr std::string_view script = R"sh(
P=$1; I=$2; S=$3; M=$5;
say() { echo "$M $*"; };
fail() { say FAIL "$*"; cat >/dev/null; exit 1; };
A=$(uname -m); if [ "$A" = "$4" ]; then :; else say ARCH "$A"; read -r I S && [ -n "$S" ] || exit 1; fi;
T=; F=; if [ "$6" = change ]; then (umask 022; mkdir -p "$P") || fail "cannot make the directory $P"; fi;
L=$(cd -P "$P" 2>/dev/null && pwd -P) || L=$P;
K=$(printf %s "${L##*/}" | head -c 100 | LC_ALL=C tr -c A-Za-z0-9._- _)-$(printf %s "$L" | sha256sum | head -c 12);
if [ "$(id -u)" = 0 ]; then Y=/var/lib/belay/$K; elif [ -n "$HOME" ]; then Y=$HOME/.local/state/belay/$K; else fail "this account has no home directory: HOME is not set"; fi;
X=$L/.belay; D=$Y;
if [ -d "$Y/releases" ] || [ -d "$Y/runs" ]; then :;
elif [ -L "$X" ]; then
case $(readlink "$X") in */belay/"$K") if [ -e "$X" ] && [ ! -O "$X" ]; then F=1; fi;; esac;
elif [ -e "$X" ] && [ ! -O "$X" ]; then F=1;
elif [ -d "$Y" ]; then :; elif [ -d "$X/releases" ] || [ -d "$X/runs" ]; then D=$X; fi;
if [ -z "$F" ] && { [ -d "$D" ] || [ "$6" = change ]; }; then
(umask 077; mkdir -p "$D/bin") && chmod 0700 "$D" || {
O=; if [ -e "$D" ] && [ ! -O "$D" ]; then O=$(ls -ld "$D"); O="; it belongs to another user: $O"; fi;
fail "cannot make the directory $D$O";
};
else
for W in "${TMPDIR:-/tmp}" "${HOME:-/}" /var/tmp; do
T=$(mktemp -d "$W/belay-XXXXXX" 2>/dev/null) && mkdir "$T/bin" && echo : > "$T/bin/try" && chmod 0700 "$T/bin/try" && "$T/bin/try" 2>/dev/null && break;
[ -z "$T" ] || rm -rf "$T"; T=; done;
[ -n "$T" ] || fail "no program can be run in ${TMPDIR:-/tmp}, $HOME or /var/tmp: are they mounted noexec? Let TMPDIR there name another directory"; D=$T;
fi;
B=$D/bin/belay-$I;
same() { H=$(sha256sum < "$1") && [ "${H%% *}" = "$S" ]; };
if [ -f "$B" ] && [ -O "$B" ] && same "$B"; then say HAVE; else
say NEED; read -r N || exit 1; umask 077; U=$B.$M;
head -c "$N" | gzip -dc > "$U" || { rm -f "$U"; fail "cannot write $U"; };
if same "$U"; then :; else rm -f "$U"; fail "belay arrived damaged"; fi;
sync "$U" 2>/dev/null || sync;
chmod 0700 "$U" && mv -f "$U" "$B" || { rm -f "$U"; fail "cannot make $B"; };
umask 022;
if "$B" version </dev/null >/dev/null 2>&1; then :; elif [ -n "$T" ]; then rm -rf "$T"; fail "no program can be run in $T, where temporary files are: is it mounted noexec? Let TMPDIR there name another directory";
else fail "no program can be run in $D/bin: is it mounted noexec?"; fi;
say SHIPPED;
fi;
if [ -n "$T" ]; then "$B" host session --path "$P" --state "$Y"; R=$?; rm -rf "$T"; exit $R; fi;
exec "$B" host session --path "$P" --state "$Y"
)sh";

std::string on_one_line(std::string_view text) {
  std::string line(text.substr(1, text.size() - 2));
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

/// The next of the script's own lines, without the marker; whatever else is printed is passed over.
std::optional<std::string> next_word(Line& line, const Bootstrap& bootstrap, std::stop_token stop,
                                     Deadline deadline, const std::string& host) {
  std::string text;
  for (;;) {
    switch (line.read_raw(text, stop, deadline)) {
      case LineReader::Status::line:
        break;
      case LineReader::Status::end:
        return std::nullopt;
      case LineReader::Status::stopped:
        throw Error("stopped while connecting to " + host);
      case LineReader::Status::deadline:
        throw Error("the login on " + host + " took too long", "no sign of the shell there",
                    fmt::format("try: ssh {} true; what its start-up files run may hang", host));
    }
    // Not only at the line's beginning: a start-up file may print without a newline.
    const std::size_t at = text.find(bootstrap.marker + " ");
    if (at != std::string::npos) return visible_text(text.substr(at + bootstrap.marker.size() + 1));
  }
}

void ship(Line& line, const fs::path& image, Watcher& watcher, std::stop_token stop,
          const std::string& host) {
  const std::string packed = gzipped(image);
  watcher.shipping_binary(packed.size());
  constexpr std::size_t chunk = 64 * 1024;
  if (!line.write_raw(fmt::format("{}\n", packed.size()))) return;
  for (std::size_t at = 0; at < packed.size(); at += chunk) {
    if (stop.stop_requested()) throw Error("stopped while shipping belay to " + host);
    if (!line.write_raw(std::string_view(packed).substr(at, chunk))) return;  // the reading side tells why
  }
}

/// What is shipped to a machine that says it is of this architecture.
OwnBinary binary_for(const std::string& theirs, const Bootstrap& bootstrap, const std::string& host) {
  const auto found = std::ranges::find(bootstrap.others, theirs, &OtherBinary::architecture);
  if (found != bootstrap.others.end()) return shippable(*found);
  throw Error(
      fmt::format("{} is {}, this belay is built for {}", host, theirs, bootstrap.binary.architecture),
      "belay ships its program to the host, and has none for that architecture",
      "deploy from a machine of that kind, or put this version's program for it where docs/packages.md says",
      ExitCode::bad_input);
}

/// One that an earlier package left there would speak otherwise.
void require_own_version(const wire::Hello& hello, const OwnBinary& shipped) {
  if (hello.version == BELAY_VERSION) return;
  throw Error(fmt::format("{} is belay {}, and this is belay {}", shipped.file.string(), hello.version,
                          BELAY_VERSION),
              "both have to be of one version", "install the package of belay again", ExitCode::bad_input);
}

}  // namespace

std::string remote_command(const Bootstrap& bootstrap) {
  // The script is quoted in any case, the arguments where they need it.
  return "exec sh -c '" + on_one_line(script) + "' belay " +
         sh_joined({bootstrap.live.string(), bootstrap.binary.id, bootstrap.binary.sha256,
                    bootstrap.binary.architecture, bootstrap.marker,
                    bootstrap.purpose == Purpose::look ? "look" : "change"});
}

std::optional<wire::Hello> read_hello(Line& line, const std::string& host, std::stop_token stop) {
  std::string text;
  switch (line.read_raw(text, stop, Deadline::in(30s))) {
    case LineReader::Status::line:
      break;
    case LineReader::Status::end:
      return std::nullopt;
    case LineReader::Status::stopped:
      throw Error("stopped while connecting to " + host);
    case LineReader::Status::deadline:
      throw Error("belay on " + host + " did not say hello within 30 s");
  }
  const wire::ToController message = wire::decode_to_controller(text);
  const auto* const hello = std::get_if<wire::Hello>(&message);
  if (hello == nullptr)
    throw Error("belay on " + host + " speaks another protocol than this one",
                visible_text(text.substr(0, 2000)));
  if (hello->protocol_version != wire::protocol)
    throw Error(fmt::format("belay on {} is {} with protocol {}, and this is {} with protocol {}", host,
                            hello->version, hello->protocol_version, BELAY_VERSION, wire::protocol),
                {}, "use the same version of belay on both sides", ExitCode::bad_input);
  return *hello;
}

std::optional<wire::Hello> bootstrapped(Line& line, const Bootstrap& bootstrap, const std::string& host,
                                        bool& login_done, Watcher& watcher, std::stop_token stop) {
  auto word = next_word(line, bootstrap, stop, Deadline::in(60s), host);
  if (!word) return std::nullopt;
  login_done = true;
  std::optional<OwnBinary> other;
  if (word->starts_with("ARCH ")) {
    other = binary_for(word->substr(5), bootstrap, host);
    line.write_raw(fmt::format("{} {}\n", other->id, other->sha256));  // the reading side tells why it cannot
    word = next_word(line, bootstrap, stop, Deadline::in(60s), host);
    if (!word) return std::nullopt;
  }
  if (*word == "NEED") {
    ship(line, (other ? *other : bootstrap.binary).image, watcher, stop, host);
    word = next_word(line, bootstrap, stop, Deadline::in(10min), host);
    if (!word) return std::nullopt;
  }
  if (word->starts_with("FAIL "))
    throw Error(fmt::format("cannot set belay up on {}: {}", host, word->substr(5)), line.last_words().text,
                "check that the user may write there and that the disk has room");
  auto hello = read_hello(line, host, stop);
  if (hello && other) require_own_version(*hello, *other);
  return hello;
}

}  // namespace belay
