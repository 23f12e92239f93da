#include "control/bootstrap.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../drivers/scratch.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "drivers/own_state.hpp"
#include "model/state_place.hpp"
#include "recording_watcher.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A program that is no belay: it ends at once, without a hello.
OwnBinary another_program() {
  OwnBinary binary = own_binary();
  binary.image = "/bin/true";
  binary.sha256 = sha256_hex_of_file(binary.image);
  binary.id = binary.sha256.substr(0, 16);
  return binary;
}

/// The bootstrap's script run by a shell here, as ssh has it run there.
struct Host {
  Scratch scratch{};
  RecordingWatcher watcher{};
  Bootstrap bootstrap{.binary = another_program(),
                      .live = scratch / "live dir's",
                      .marker = "belay-test",
                      .purpose = Purpose::change};
  bool login_done = false;
  std::string last_words{};

  Host() = default;
  Host(const Host&) = delete;
  ~Host() { remove_tree(state()); }

  std::optional<wire::Hello> meet(const std::string& before = "", const std::string& shell = "sh") {
    Line line(Command{.argv = {shell, "-c", before + remote_command(bootstrap)}});
    login_done = false;
    auto hello = bootstrapped(line, bootstrap, "host", login_done, watcher, {});
    last_words = line.last_words().text;
    return hello;
  }
  Error refusal(const std::string& before = "") {
    try {
      meet(before);
    } catch (const Error& error) {
      return error;
    }
    FAIL("it was accepted");
    return Error("");
  }
  fs::path state() const { return own_state(bootstrap.live); }
  fs::path binary() const { return state() / "bin" / ("belay-" + bootstrap.binary.id); }
  /// In place of the binary: says hello as a host does, and what it was called with.
  void put_a_script_that_says_hello() {
    fs::create_directories(binary().parent_path());
    const std::string hello =
        wire::encode(wire::Hello{.version = "1", .architecture = "x", .hostname = "there"});
    write_file_atomically(binary(), "#!/bin/sh\necho '" + hello + "'\necho \"$@\" >&2\n", 0700);
    bootstrap.binary.sha256 = sha256_hex_of_file(binary());
  }
};

}  // namespace

TEST_CASE("a host that has the binary runs it at once, in every shell, under a path that needs quoting") {
  for (const char* const shell : {"sh", "bash"}) {
    Host host;
    host.put_a_script_that_says_hello();
    const auto hello = host.meet("", shell);
    REQUIRE(hello);
    CHECK(hello->hostname == "there");
    CHECK(host.watcher.count("shipping_binary") == 0);
    CHECK(host.last_words == fmt::format("host session --path {} --state {}", host.bootstrap.live.string(),
                                         host.state().string()));
  }
}

TEST_CASE("a host without the binary gets it, byte for byte, mode 0700 in a directory of 0700") {
  Host host;
  host.bootstrap.live = host.scratch / "a" / "b";
  CHECK(!host.meet());
  CHECK(host.login_done);
  CHECK(host.watcher.count("shipping_binary") == 1);
  CHECK(sha256_hex_of_file(host.binary()) == host.bootstrap.binary.sha256);
  CHECK((fs::status(host.binary()).permissions() & fs::perms::all) == fs::perms::owner_all);
  CHECK((fs::status(host.state()).permissions() & fs::perms::all) == fs::perms::owner_all);
  CHECK((fs::status(host.bootstrap.live).permissions() & fs::perms::all) == fs::perms(0755));
}

TEST_CASE("a program there that is not the one that was shipped is not run, and is replaced") {
  Host host;
  fs::create_directories(host.binary().parent_path());
  const auto mark = host.scratch / "it ran";
  write_file_atomically(host.binary(), "#!/bin/sh\ntouch '" + mark.string() + "'\n", 0700);
  CHECK(!host.meet());
  CHECK(host.watcher.count("shipping_binary") == 1);
  CHECK(sha256_hex_of_file(host.binary()) == host.bootstrap.binary.sha256);
  CHECK(!fs::exists(mark));
}

namespace {

constexpr uid_t nobody = 65534;

/// The script as another account runs it. Only root can.
void meet_as_nobody(Host& host, const fs::path& home) {
  Line line(Command{.argv = {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "env",
                             "HOME=" + home.string(), "sh", "-c", remote_command(host.bootstrap)}});
  bootstrapped(line, host.bootstrap, "host", host.login_done, host.watcher, {});
}

struct Prepared {
  fs::path live, physical;
};
/// Names that a shell, or tr, could take for something else.
std::vector<Prepared> odd_directories(const Scratch& scratch) {
  std::vector<Prepared> found;
  for (const std::string name :
       {"app", "my app's", "ümläut", "-n", "a$HOME`b`", "%s*", ".hidden", "x\\ny", "with.dots_and-dashes"}) {
    fs::create_directories(scratch / name);
    found.push_back({scratch / name, fs::canonical(scratch / name)});
  }
  const std::string longest(255, 'x');
  fs::create_directories(scratch / longest);
  found.push_back({scratch / longest, fs::canonical(scratch / longest)});
  fs::create_directory_symlink(scratch / "app", scratch / "linked");
  found.push_back({scratch / "linked", fs::canonical(scratch / "app")});
  return found;
}

}  // namespace

TEST_CASE("the script puts the program where the program itself looks for its state") {
  for (const bool root : {true, false}) {
    if (::geteuid() != 0) return;
    Host host;
    const fs::path home = host.scratch / "home";
    for (const auto& [live, physical] : odd_directories(host.scratch)) {
      CAPTURE(root);
      CAPTURE(live.string());
      fs::create_directories(home);
      for (const auto& path : {host.scratch.path(), home, physical}) {
        REQUIRE(::chown(path.c_str(), root ? 0 : nobody, 0) == 0);
        fs::permissions(path, fs::perms(0755));
      }
      host.bootstrap.live = live;
      if (root)
        host.meet();
      else
        meet_as_nobody(host, home);
      const auto state = state_directory(root, home, physical);
      CHECK(fs::exists(state / "bin" / ("belay-" + host.bootstrap.binary.id)));
      if (root) CHECK(own_state(live) == state);
      remove_tree(state);
    }
  }
}

TEST_CASE("a state that an older belay keeps in the live directory is used where it is") {
  for (const auto purpose : {Purpose::look, Purpose::change}) {
    Host host;
    host.bootstrap.purpose = purpose;
    host.scratch.write("live dir's/.belay/releases/r1/release.json", "{}");
    CHECK(!host.meet());
    CHECK(fs::exists(host.bootstrap.live / ".belay/bin" / ("belay-" + host.bootstrap.binary.id)));
    CHECK_FALSE(fs::exists(host.state()));
  }
}

TEST_CASE("nothing is laid beside the state of another account: the program tells whose it is") {
  if (::geteuid() != 0) return;
  Host host;
  const fs::path temporary = host.scratch / "tmp",
                 theirs = host.scratch / "home/belay" / state_key(host.scratch / "live dir's");
  fs::create_directories(temporary);
  const auto before = "TMPDIR=" + temporary.string() + "; export TMPDIR; ";
  for (const bool moved : {false, true}) {
    const auto own = host.bootstrap.live / ".belay";
    remove_tree(own);
    fs::create_directories((moved ? theirs : own) / "releases");
    REQUIRE(::chown((moved ? theirs : own).c_str(), nobody, nobody) == 0);
    if (moved) fs::create_symlink(theirs, own);
    CHECK(!host.meet(before));
    CHECK_FALSE(fs::exists(host.state()));
    CHECK_FALSE(fs::exists(own / "bin"));
    CHECK(fs::is_empty(temporary));
  }
}

TEST_CASE("what a shell's start-up files print is passed over, even without a newline") {
  Host host;
  host.put_a_script_that_says_hello();
  REQUIRE(host.meet("echo Welcome; echo '{\"type\":\"hello\"}'; printf 'belay-test'; printf 'no newline'; "));
}

TEST_CASE("a look at an environment that was never deployed leaves nothing behind") {
  Host host;
  host.bootstrap.purpose = Purpose::look;
  const fs::path temporary = host.scratch / "tmp";
  fs::create_directories(temporary);
  CHECK(!host.meet("TMPDIR=" + temporary.string() + "; export TMPDIR; "));
  CHECK(host.watcher.count("shipping_binary") == 1);
  CHECK(!fs::exists(host.bootstrap.live));
  CHECK(fs::is_empty(temporary));
}

TEST_CASE("a look at an environment that belay knows uses what is there") {
  Host host;
  host.bootstrap.purpose = Purpose::look;
  host.put_a_script_that_says_hello();
  CHECK(host.meet());
}

TEST_CASE("another architecture is refused before anything is sent") {
  Host host;
  host.bootstrap.binary.architecture = "sparc64";
  const Error error = host.refusal();
  CHECK(holds(error.message(), "this belay is built for sparc64"));
  CHECK(error.exit_code() == ExitCode::bad_input);
  CHECK(!fs::exists(host.bootstrap.live));
}

namespace {

/// A host that says it is of another machine's architecture, and a package that has the program for that.
struct HostOfAnotherArchitecture : Host {
  OtherBinary other{.architecture = "aarch64", .file = scratch / "lib/belay/belay-aarch64"};
  OwnBinary shipped{};

  explicit HostOfAnotherArchitecture(const std::string& program) {
    scratch.write("bin/uname", "#!/bin/sh\necho aarch64\n");
    fs::permissions(scratch / "bin/uname", fs::perms(0755));
    scratch.write("lib/belay/belay-aarch64", program);
    shipped = shippable(other);
    bootstrap.others = {{.architecture = "sparc64", .file = "/bin/false"}, other};
  }
  std::string there() const { return "PATH=" + (scratch / "bin").string() + ":$PATH; export PATH; "; }
  fs::path installed() const { return state() / "bin" / ("belay-" + shipped.id); }
};

std::string script_that_says_hello(const std::string& version) {
  return "#!/bin/sh\n[ $1 = version ] || echo '" +
         wire::encode(wire::Hello{.version = version, .architecture = "aarch64", .hostname = "there"}) +
         "'\n";
}

}  // namespace

TEST_CASE("a host of another architecture gets the package's program for it, once, byte for byte") {
  HostOfAnotherArchitecture host(script_that_says_hello(BELAY_VERSION));
  for (int connection = 0; connection < 2; ++connection) {
    const auto hello = host.meet(host.there());
    REQUIRE(hello);
    CHECK(hello->architecture == "aarch64");
    CHECK(host.watcher.count("shipping_binary") == 1);
  }
  CHECK(sha256_hex_of_file(host.installed()) == host.shipped.sha256);
  CHECK_FALSE(fs::exists(host.binary()));
}

TEST_CASE("a look at a host of another architecture leaves nothing behind") {
  HostOfAnotherArchitecture host(script_that_says_hello(BELAY_VERSION));
  host.bootstrap.purpose = Purpose::look;
  const fs::path temporary = host.scratch / "tmp";
  fs::create_directories(temporary);
  CHECK(host.meet(host.there() + "TMPDIR=" + temporary.string() + "; export TMPDIR; "));
  CHECK(!fs::exists(host.bootstrap.live));
  CHECK(fs::is_empty(temporary));
}

TEST_CASE("a program for another architecture that is of another version is refused in one line") {
  HostOfAnotherArchitecture host(script_that_says_hello("99.0"));
  const Error error = host.refusal(host.there());
  CHECK(error.message() ==
        fmt::format("{} is belay 99.0, and this is belay {}", host.other.file.string(), BELAY_VERSION));
  CHECK(error.exit_code() == ExitCode::bad_input);
}

TEST_CASE("a host of an architecture that the package has no program for is refused, and stays as it was") {
  for (const std::string machine : {"riscv64", "aarch64 x", "../aarch64", ""}) {
    HostOfAnotherArchitecture host(script_that_says_hello(BELAY_VERSION));
    host.scratch.write("bin/uname", "#!/bin/sh\necho '" + machine + "'\n");
    const Error error = host.refusal(host.there());
    CHECK(holds(error.message(), "host is " + machine + ", this belay is built for "));
    CHECK(error.exit_code() == ExitCode::bad_input);
    CHECK(!fs::exists(host.bootstrap.live));
    CHECK(!fs::exists(host.state()));
  }
}

TEST_CASE("versions of both ends that do not go together are refused in one line, with what to do") {
  struct Case {
    std::string hello, message;
  };
  const auto of_protocol = [](int number) {
    return fmt::format("belay on host is 9.9 with protocol {}, and this is {} with protocol {}", number,
                       BELAY_VERSION, wire::protocol);
  };
  const std::string other = "belay on host speaks another protocol than this one",
                    unread = "cannot read the host's message";
  for (const auto& [hello, message] : std::vector<Case>{
           {R"({"type":"hello","protocol":0,"version":"9.9"})", of_protocol(0)},
           {R"({"type":"hello","protocol":2,"version":"9.9"})", of_protocol(2)},
           {R"({"type":"hello","protocol":2,"version":"9.9","of":{"a":["later","version"]}})",
            of_protocol(2)},
           {R"({"type":"hello","protocol":-1,"version":"9.9"})", of_protocol(-1)},
           {R"({"type":"pong"})", other},
           {R"({"type":"greeting","protocol":2})", unread},
           {R"({"type":"hello","version":"9.9"})", "cannot read hello.protocol"},
           {R"({"type":"hello","protocol":"2","version":"9.9"})", "cannot read hello.protocol"},
           {R"({"type":"hello","protocol":2})", "cannot read hello.version"},
           {"Welcome to this server", unread},
       }) {
    CAPTURE(hello);
    Line line(Command{.argv = {"printf", "%s\\n", hello}});
    try {
      read_hello(line, "host", {});
      FAIL("it was accepted");
    } catch (const Error& error) {
      CHECK_MESSAGE(error.message() == message, error.message());
      CHECK_FALSE(holds(error.message(), "\n"));
    }
  }
}

TEST_CASE("another version that speaks this protocol is met, and what it says beyond is passed over") {
  for (const std::string hello : {R"({"type":"hello","protocol":1,"version":"0.0.1"})",
                                  R"({"type":"hello","protocol":1,"version":"9.9","later":[1,{"a":2}]})"}) {
    Line line(Command{.argv = {"printf", "%s\\n", hello}});
    CHECK(read_hello(line, "host", {}));
  }
}

TEST_CASE("a binary that arrives damaged is refused and removed") {
  Host host;
  host.bootstrap.binary.sha256 = std::string(64, '0');
  CHECK(holds(host.refusal().message(), "arrived damaged"));
  CHECK(fs::is_empty(host.binary().parent_path()));
}

TEST_CASE("a host that cannot take the binary says why, and keeps no half of it") {
  Host host;
  // No file may grow beyond 8 kB: as a full disk, seen by gzip.
  const Error error = host.refusal("trap '' XFSZ; ulimit -f 16; ");
  CHECK(holds(error.message(), "cannot write"));
  CHECK(holds(error.why(), "File too large"));
  CHECK(fs::is_empty(host.binary().parent_path()));
}

TEST_CASE("a place where no program can be run is told, with what to do") {
  Host host;
  host.bootstrap.binary.image = "/bin/false";  // stands for one that a noexec mount does not run
  host.bootstrap.binary.sha256 = sha256_hex_of_file("/bin/false");
  const std::string temporary = "export TMPDIR='" + host.scratch.path().string() + "'; ";
  CHECK(holds(host.refusal().message(), "/bin: is it mounted noexec?"));
  remove_tree(host.state());
  host.bootstrap.live = host.scratch / "never deployed";
  host.bootstrap.purpose = Purpose::look;
  const Error error = host.refusal(temporary);
  CHECK(holds(error.message(), "is it mounted noexec? Let TMPDIR there name another directory"));
  CHECK(holds(error.message(), host.scratch.path().string()));
  CHECK(!fs::exists(host.bootstrap.live));
}

TEST_CASE("a live directory that cannot be made is told with its path") {
  Host host;
  host.scratch.write("file", "in the way");
  host.bootstrap.live = host.scratch / "file" / "live";
  const Error error = host.refusal();
  CHECK(holds(error.message(), "cannot make the directory " + host.bootstrap.live.string()));
  CHECK(holds(error.why(), "Not a directory"));
}

TEST_CASE("a connection that ends before the shell answers is not a login") {
  Host host;
  CHECK(!host.meet("echo some words >&2; exit 255; "));
  CHECK(!host.login_done);
  CHECK(host.last_words == "some words");
}
