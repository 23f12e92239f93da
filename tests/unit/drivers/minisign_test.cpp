#include "drivers/minisign.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/base64.hpp"

using namespace belay;

namespace {

// Made by minisign 0.11: `minisign -S -s KEY -t 'belay 0.1.0 x86_64' -c untrusted -m FILE`, and with -l.
constexpr std::string_view public_key = "RWTkuF2jZ1BUu5cNN09TuExniTJlyZC+fMBEvrSjb9cNstFFIiyATE5x",
                           other_key = "RWR58nSdLTwLSZVRhWSwOSVft6iU23DFDyaxquXnt11t5wL6k5NrG+d0",
                           bytes = "hello", comment = "belay 0.1.0 x86_64";
// The second and the fourth line of its signature.
constexpr std::string_view
    of_bytes =
        "RUTkuF2jZ1BUu9TuygpQFatQIcqZlI0BU13pMb879wzxEQhIbB92MraC+jH+aOPFnddIlqhlH2NrSt2Sp9o87GFHUabVSAP0+"
        "g4=",
    of_comment = "F3jDbsJuEGFPpmUl54ewj9GStktKwGZynTyWgqVZ2XjCuO2kXPGEbq7oPf+7QgzQ1z/QInR4dkJkAXBJ3zMqCw==";
const std::string signature =
    fmt::format("untrusted comment: untrusted\n{}\ntrusted comment: {}\n{}\n", of_bytes, comment, of_comment);
constexpr std::string_view legacy =
    "untrusted comment: untrusted\n"
    "RWTkuF2jZ1BUu2FxMqWvEPs/PA3PtRoY9pHVPpgtDdCDwdwBzij+eXckvYL0H15C4scvadHSqsQHEf80DB560NC3V9iJ+6saCgE=\n"
    "trusted comment: belay 0.1.0 x86_64\n"
    "d0bGeFshPKH4ZD/4iioPIJ/TZhK+JnD4QLxMWF+Vud2LGWd74SJ/+YhwfRzxMGlG9taZ0qCYuFiybWSgJSOUDQ==\n";

MinisignKey key_of(std::string_view text) {
  auto key = MinisignKey::from_text(text);
  REQUIRE(key);
  return *key;
}

/// Why the signature is not taken; "good" if it is.
std::string judged(std::string_view text, std::string_view of = bytes) {
  const auto found = key_of(public_key).signed_comment(text, of);
  return found ? "good" : found.error();
}

std::string with(std::string text, std::string_view part, std::string_view other) {
  const auto at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), other);
}

std::string flipped(std::string text, std::size_t bit) {
  text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
  return text;
}

/// Every signature with one bit of this line's bytes flipped.
std::vector<std::string> with_a_flipped_bit(std::string_view line) {
  std::vector<std::string> all;
  const std::string raw = base64_decoded(line);
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit)
    all.push_back(with(signature, line, base64_encoded(flipped(raw, bit))));
  return all;
}

}  // namespace

TEST_CASE("what minisign signed is good, and its trusted comment is told") {
  for (const auto& text :
       {signature, with(signature, "untrusted\n", "anything\n"), signature.substr(0, signature.size() - 1)}) {
    const auto found = key_of(public_key).signed_comment(text, bytes);
    REQUIRE(found);
    CHECK(*found == comment);
  }
}

TEST_CASE("line ends of another system do no harm") {
  std::string text;
  for (const char one : signature) text += one == '\n' ? "\r\n" : std::string(1, one);
  CHECK(judged(text) == "good");
}

TEST_CASE("a key's id is what minisign prints") {
  CHECK(key_of(public_key).id() == "BB545067A35DB8E4");
  std::string raw = base64_decoded(public_key);
  raw[9] = 0x07;  // its highest byte: minisign prints no leading zero
  const std::string id = key_of(public_key).id();
  CHECK(key_of(base64_encoded(raw)).id() == "7" + id.substr(id.size() - 14));
}

TEST_CASE("one flipped bit anywhere in the file that was signed is found") {
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit)
    CHECK(judged(signature, flipped(std::string(bytes), bit)) == "these are not the bytes that were signed");
  CHECK(judged(signature, "") == "these are not the bytes that were signed");
  CHECK(judged(signature, "hello\n") == "these are not the bytes that were signed");
}

TEST_CASE(
    "one flipped bit anywhere in the signature, in the signature of the comment or in the comment is found") {
  for (const std::string_view line : {of_bytes, of_comment})
    for (const std::string& text : with_a_flipped_bit(line)) CHECK_MESSAGE(judged(text) != "good", text);
  for (std::size_t bit = 0; bit < comment.size() * 8; ++bit)
    CHECK(judged(with(signature, comment, flipped(std::string(comment), bit))) != "good");
}

TEST_CASE("a signature that is cut anywhere before its end is not taken") {
  for (std::size_t size = 0; size + 1 < signature.size(); ++size)
    CHECK_MESSAGE(judged(signature.substr(0, size)) != "good", size);
}

TEST_CASE("what is wrong with a signature is told") {
  struct Case {
    std::string text, why;
  };
  const std::string none = "it is no signature of minisign: ";
  for (const auto& [text, why] : std::vector<Case>{
           {"", none + "line 1 is not an untrusted comment"},
           {"-----BEGIN PGP SIGNATURE-----\n", none + "line 1 is not an untrusted comment"},
           {"untrusted comment: x\n", none + "line 2 is not a signature"},
           {"untrusted comment: x\nRUQ=\n", none + "line 2 is not a signature"},
           {with(signature, "\ntrusted", "\nTrusted"), none + "line 3 is not a trusted comment"},
           {signature.substr(0, signature.find("trusted comment: belay")),
            none + "line 3 is not a trusted comment"},
           {with(signature, of_comment, "?"), none + "line 4 is not a signature"},
           {signature + "more\n", none + "line 5 is not the end"},
           {with(signature, of_bytes, base64_encoded("EX" + base64_decoded(of_bytes).substr(2))),
            none + "its algorithm is unknown"},
           {std::string(legacy), "it is of minisign's old kind, which signs the file and not its hash"},
           {with(signature, comment, "belay 0.2.0 x86_64"),
            "its trusted comment is not the one that was signed"},
       })
    CHECK(judged(text) == why);
}

TEST_CASE("a signature of another key is not taken, and both keys are named") {
  const auto found = key_of(other_key).signed_comment(signature, bytes);
  REQUIRE(!found);
  CHECK(found.error() == "key BB545067A35DB8E4 made it, and belay's key is 490B3C2D9D74F279");
}

TEST_CASE("a key of the same id is another key all the same") {
  std::string raw = base64_decoded(other_key);
  raw.replace(2, 8, base64_decoded(public_key).substr(2, 8));
  const auto found = key_of(base64_encoded(raw)).signed_comment(signature, bytes);
  REQUIRE(!found);
  CHECK(found.error() == "these are not the bytes that were signed");
}

TEST_CASE("a text that is no public key is refused") {
  for (const std::string text : {"", "RW", "RWR77Gczn", "untrusted comment: minisign public key"})
    CHECK_FALSE(MinisignKey::from_text(text));
  const std::string raw = base64_decoded(public_key);
  CHECK_FALSE(MinisignKey::from_text(base64_encoded("ED" + raw.substr(2))));
  CHECK_FALSE(MinisignKey::from_text(base64_encoded(raw + "x")));
}
