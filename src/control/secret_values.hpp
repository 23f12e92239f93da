#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "control/secret_key.hpp"
#include "model/config.hpp"
#include "model/secrets_file.hpp"

namespace belay {

/// The file of secrets as it stands; empty if there is none.
std::expected<std::optional<SecretsFile>, Problems> sealed_secrets(const SecretsPlace&);
/// Its values, each with its place. A value that does not open is a Problem with its line.
std::expected<OpenSecrets, Problems> opened_secrets(const SecretsPlace&, const SecretsFile&,
                                                    const SecretKey&);

/// Asks the sources of the environments of one belay.yml for the secrets that these need.
class SecretAsker {
 public:
  /// `at_hand`: values that no message may show.
  SecretAsker(std::filesystem::path config_file, Values at_hand, std::stop_token);

  /// First the file, then the command: once for each name, whatever the number of environments, and several
  /// at a time. All that the sources cannot give are Problems. Throws Error when it is stopped.
  std::expected<Values, Problems> ask(const std::string& environment, const SecretsNeeded&);

 private:
  struct Answer {
    std::string value;
    std::string fault;  // empty: the value is good
    std::string words;  // what it printed on stderr
  };
  struct FromFile;

  FromFile from_file(const SecretsPlace&, const std::string& environment, const SecretsNeeded&) const;
  void ask_command(const SecretsPlace&, const std::vector<NeededSecret>&, Values&, Problems&);
  void run(const std::vector<std::string>& commands, const std::filesystem::path& directory);
  Answer answer_of(const std::string& command, const std::filesystem::path& directory) const;
  Problem refused(const NeededSecret&, const std::string& command) const;

  std::filesystem::path config_file_;
  Values at_hand_;
  std::stop_token stop_;
  std::map<std::string, Answer> answers_;  // by the command
};

}  // namespace belay
