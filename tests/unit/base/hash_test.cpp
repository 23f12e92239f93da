#include "base/hash.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "processes.hpp"

using namespace belay;

TEST_CASE("crc32 of known vectors") {
  CHECK(crc32("") == 0);
  CHECK(crc32("123456789") == 0xcbf43926);
  CHECK(crc32("The quick brown fox jumps over the lazy dog") == 0x414fa339);
}

TEST_CASE("sha256 of known vectors") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("the hash of a file is that of its content") {
  const TemporaryDirectory scratch("belay-hash-");
  const fs::path path = scratch.path() / "file";
  write_file_atomically(path, std::string(1'000'000, 'a'));
  CHECK(sha256_hex_of_file(path) == sha256_hex(std::string(1'000'000, 'a')));
  write_file_atomically(path, "");
  CHECK(sha256_hex_of_file(path) == sha256_hex(""));
  CHECK_THROWS_AS(sha256_hex_of_file(scratch.path() / "none"), Error);
  CHECK_THROWS_AS(sha256_hex_of_file(scratch.path()), Error);
}

TEST_CASE("a key's fingerprint is the one ssh-keygen shows") {
  const TemporaryDirectory scratch("belay-key-");
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    CAPTURE(type);
    const fs::path key = scratch.path() / type;
    Command make{.argv = {"ssh-keygen", "-q", "-t", type, "-N", "", "-C", "test", "-f", key}};
    // A long one takes so much computing that a busy machine is not done with it in a minute.
    if (type == "rsa") make.argv.insert(make.argv.end(), {"-b", "1024"});
    require_output(make, {}, in_good_time(), "cannot make a key");
    const std::string line = read_file(key.native() + ".pub");
    const std::size_t begin = line.find(' ') + 1;
    const std::string blob = line.substr(begin, line.find(' ', begin) - begin);
    const Command show{.argv = {"ssh-keygen", "-l", "-f", key}};
    const std::string shown = require_output(show, {}, in_good_time(), "cannot show a key");
    CHECK(shown.find(' ' + ssh_fingerprint(blob) + ' ') != std::string::npos);
  }
}

TEST_CASE("fingerprints of keys of every length modulo three") {
  // printf a | sha256sum | xxd -r -p | base64, then ab, then abc.
  CHECK(ssh_fingerprint("YQ==") == "SHA256:ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs");
  CHECK(ssh_fingerprint("YWI=") == "SHA256:+44g/C5MPySMYMOb1lLzwTRymLuXe4tNWQO4UFViBgM");
  CHECK(ssh_fingerprint("YWJj") == "SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0");
}

TEST_CASE("what is no base64 gets no fingerprint") {
  for (const char* bad : {"", "=", "==", "====", "YQ", "YQ=", "YQ===", "Y===", "YQ==\n",
                          " YQ==", "Y Q=", "YQ=a", "YW\nJj", "YW-_", "YWJjYQ"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(ssh_fingerprint(bad), Error);
  }
}

TEST_CASE("nonces are 16 hexadecimal digits, each time others") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string nonce = random_nonce();
    REQUIRE(nonce.size() == 16);
    REQUIRE(nonce.find_first_not_of("0123456789abcdef") == std::string::npos);
    seen.insert(nonce);
  }
  CHECK(seen.size() == 1000);
}
